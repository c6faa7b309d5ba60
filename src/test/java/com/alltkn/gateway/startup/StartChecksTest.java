package com.alltkn.gateway.startup;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.caller.MadeUpDirectory;
import com.alltkn.gateway.check.Finding;
import com.alltkn.gateway.check.Property;
import com.alltkn.gateway.check.SeenValue.Hidden;
import com.alltkn.gateway.check.SeenValue.Shown;
import com.alltkn.gateway.check.SeenValue.Unset;
import com.alltkn.gateway.check.Start;
import com.alltkn.gateway.check.StartCheck;
import com.alltkn.gateway.check.Strictness;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

class StartChecksTest {

    private static final StartChecks CHECKS = new StartChecks(MadeUpDirectory.ofOneCaller());

    private static final Map<String, String> SOUND =
            Map.of(
                    "gateway.source", "vault",
                    "gateway.shared-state", "memory",
                    "quarkus.vault.url", "https://vault.example:8200",
                    "quarkus.vault.authentication.kubernetes.role", "gateway",
                    "quarkus.log.level", "INFO");

    @ParameterizedTest
    @EnumSource
    void acceptsASoundConfiguration(Strictness strictness) {
        assertThat(violations(strictness, Map.of(), Map.of("PATH", "/bin"))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                "https://i.example|gateway|https://i.example/keys|/token|none",
                "https://i.example|gateway|none|none|none",
                "none|none|none|none|none",
                "http://127.0.0.1:8200/v1|gateway|http://localhost:1/k|none|none in test",
                "none|gateway|none|none|issuer is missing, which P.audience needs",
                "none|none|https://i.example/keys|none|issuer is missing, which P.jwks-url needs",
                "https://i.example|none|none|none|audience is missing, which P.issuer needs: a"
                        + " token for somebody else would be good here",
                "https://i.example|gateway|none|/token|jwks-url is missing, which P.bearer-file"
                        + " needs",
                "http://i.example|gateway|none|none|issuer must begin with https://",
                "i.example|gateway|none|none|issuer must begin with https://",
                "https:\\\\x|gateway|none|none|issuer must begin with https://",
                "https://i.example|gateway|http://i.example|none|jwks-url must begin with https://",
                "https://i.example|gateway|file:///k|none|jwks-url must begin with https://",
            })
    void acceptsTokensOnlyWhereTheyAreWorthSomething(
            @Nullable String issuer,
            @Nullable String audience,
            @Nullable String jwksUrl,
            @Nullable String bearerFile,
            @Nullable String sentence) {
        var prefix = "gateway.callers.tokens.";
        var changed = new HashMap<String, String>();
        changed.put(prefix + "issuer", issuer == null ? "" : issuer);
        changed.put(prefix + "audience", audience == null ? "" : audience);
        changed.put(prefix + "jwks-url", jwksUrl == null ? "" : jwksUrl);
        changed.put(prefix + "bearer-file", bearerFile == null ? "" : bearerFile);
        var onlyInTest = "none in test".equals(sentence);

        var inTest = violations(Strictness.TEST, changed, Map.of());
        var inProd = violations(Strictness.PROD, changed, Map.of());

        if (sentence == null || onlyInTest) {
            assertThat(inTest).isEmpty();
        } else {
            var expected = (prefix + sentence).replace("P.", prefix);
            assertThat(inTest).singleElement().asString().startsWith(expected);
            assertThat(inProd).singleElement().asString().startsWith(expected);
        }
        if (onlyInTest) {
            assertThat(inProd)
                    .containsExactly(
                            prefix + "issuer must begin with https:// in prod",
                            prefix + "jwks-url must begin with https:// in prod");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "gateway.source|environment|gateway.source must not be environment in PROFILE",
                "gateway.source|redis|gateway.source must be one of vault, file, environment, not"
                        + " redis",
                "gateway.source|file|gateway.file.path is missing, which gateway.source=file needs",
                "gateway.upstream.routes.\"chat\".idle-timeout|1s|"
                        + "gateway.upstream.routes.\"chat\".idle-timeout names no route:"
                        + " chat/completions is one, or files/{id}",
                "gateway.shared-state|Redis|gateway.shared-state must be one of memory, redis, not"
                        + " Redis",
                "gateway.shared-state|redis|quarkus.redis.hosts is missing, which"
                        + " gateway.shared-state=redis needs",
                "gateway.environment|Prod EU|gateway.environment must be made of a-z, 0-9 and"
                        + " hyphens, not Prod EU",
                "gateway.sandbox.url|http://127.0.0.1:8099|gateway.sandbox.url must not be set in"
                        + " PROFILE",
                "quarkus.vault.url||quarkus.vault.url is missing, which gateway.source=vault needs",
                "quarkus.vault.url|http://vault:8200|quarkus.vault.url must begin with https:// in"
                        + " PROFILE",
                "quarkus.vault.tls.skip-verify|true|quarkus.vault.tls.skip-verify must not be true"
                        + " in PROFILE",
                "quarkus.tls.trust-all|true|quarkus.tls.trust-all must not be true in PROFILE",
                "quarkus.vault.log-confidentiality-level|low|"
                        + "quarkus.vault.log-confidentiality-level must not be low in PROFILE",
                "quarkus.vault.secret-config-kv-path|prod|quarkus.vault.secret-config-kv-path must"
                        + " not be set: one failed refresh would take every setting away",
                "quarkus.log.level|DEBUG|quarkus.log.level must not be DEBUG in PROFILE: it would"
                        + " print bodies and tokens",
                "quarkus.log.level|500|quarkus.log.level must not be 500 in PROFILE: it would print"
                        + " bodies and tokens",
                "quarkus.rest-client.logging.scope|request-response|"
                        + "quarkus.rest-client.logging.scope must not be request-response in"
                        + " PROFILE: it prints headers and bodies",
                "quarkus.rest-client.alltkn.logging.scope|all|"
                        + "quarkus.rest-client.alltkn.logging.scope must not be all in PROFILE: it"
                        + " prints headers and bodies",
            })
    void refusesADangerousProperty(String name, @Nullable String value, String sentence) {
        var changed = Map.of(name, value == null ? "" : value);

        for (var strictness : List.of(Strictness.STAGING, Strictness.PROD)) {
            assertThat(violations(strictness, changed, Map.of()))
                    .containsExactly(sentence.replace("PROFILE", strictness.profile()));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "quarkus.tls.trust-all,true",
        "quarkus.tls.trust-all,YES",
        "quarkus.tls.trust-all,on",
        "quarkus.tls.trust-all,1",
        "quarkus.tls.up.trust-all,true",
        "quarkus.tls.\"up\".trust-all,y",
        "quarkus.tls.\"a.b\".trust-all,true",
        "QUARKUS_TLS_TRUST_ALL,true",
        "QUARKUS_TLS_UP_TRUST_ALL,true",
        "QUARKUS_TLS__UP__TRUST_ALL,true",
        "quarkus_tls_trust_all,true",
        "quarkus.tls.up.hostname-verification-algorithm,NONE",
        "quarkus.tls.up.hostname-verification-algorithm,none",
        "quarkus.tls.hostname-verification-algorithm,anything",
        "QUARKUS_TLS_UP_HOSTNAME_VERIFICATION_ALGORITHM,NONE",
        "quarkus.rest-client.verify-host,false",
        "quarkus.rest-client.verify-host,no",
        "quarkus.rest-client.\"a.Client\".verify-host,false",
        "QUARKUS_REST_CLIENT_VERIFY_HOST,0",
        "quarkus.rest-client.hostname-verifier,a.Verifier",
        "quarkus.rest-client.key.hostname-verifier,a.Verifier",
        "a.Client/mp-rest/hostnameVerifier,a.Verifier",
        "A_CLIENT_MP_REST_HOSTNAMEVERIFIER,a.Verifier",
        "quarkus.vault.tls.skip-verify,true",
        "QUARKUS_VAULT_TLS_SKIP_VERIFY,true",
        "quarkus.redis.tls.trust-all,true",
        "quarkus.redis.\"other\".tls.trust-all,true",
        "jdk.internal.httpclient.disableHostnameVerification,true",
        "jdk.internal.httpclient.disableHostnameVerification,",
        "io.netty.handler.ssl.defaultEndpointVerificationAlgorithm,NONE",
    })
    void refusesWhateverTakesAnybodyForTheServer(String name, @Nullable String value) {
        var set = value == null ? "" : value;
        var asVariable = name.matches("[A-Za-z_]+");
        var sentence = name + " must not be " + (set.isEmpty() ? "set" : set) + " in ";
        for (var source : List.of("vault", "file")) {
            var config = new HashMap<String, String>();
            config.put("gateway.source", source);
            config.put("gateway.file.path", "/keys");
            config.putAll(asVariable ? Map.of() : Map.of(name, set));
            var variables = asVariable ? Map.of(name, set) : Map.<String, String>of();

            for (var strictness : List.of(Strictness.STAGING, Strictness.PROD)) {
                assertThat(violations(strictness, config, variables))
                        .containsExactly(sentence + strictness.profile());
            }
            for (var strictness : List.of(Strictness.DEV, Strictness.TEST)) {
                assertThat(violations(strictness, config, variables)).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "quarkus.tls.trust-all,false",
        "quarkus.tls.up.hostname-verification-algorithm,HTTPS",
        "quarkus.rest-client.verify-host,true",
        "quarkus.vault.tls.skip-verify,false",
        "jdk.internal.httpclient.disableHostnameVerification,false",
        "%dev.quarkus.tls.trust-all,true",
        "a.program.of.somebody.else.trust-all,true",
    })
    void acceptsWhatLooksAtTheServer(String name, String value) {
        assertThat(violations(Strictness.PROD, Map.of(name, value), Map.of())).isEmpty();
    }

    @Test
    void namesAVariableAndItsPropertyOnce() {
        assertThat(
                        violations(
                                Strictness.PROD,
                                Map.of("quarkus.tls.up.trust-all", "true"),
                                Map.of("QUARKUS_TLS_UP_TRUST_ALL", "true")))
                .containsExactly("quarkus.tls.up.trust-all must not be true in prod");
    }

    @Test
    void demandsThatTheNameOfARedisOverTlsIsCompared() {
        var algorithm = "quarkus.redis.tls.hostname-verification-algorithm";
        var sentence =
                algorithm + " must be HTTPS in prod, else anybody's certificate will do for Redis";
        var hosts = Map.of("quarkus.redis.hosts", "redis://a,rediss://b");
        var enabled = Map.of("quarkus.redis.tls.enabled", "true", algorithm, "NONE");
        var named = new HashMap<>(hosts);
        named.put("quarkus.redis.tls-configuration-name", "redis");
        var compared = new HashMap<>(hosts);
        compared.put(algorithm, "HTTPS");

        assertThat(violations(Strictness.PROD, hosts, Map.of())).containsExactly(sentence);
        assertThat(violations(Strictness.PROD, enabled, Map.of())).containsExactly(sentence);
        assertThat(violations(Strictness.PROD, named, Map.of())).isEmpty();
        assertThat(violations(Strictness.PROD, Map.of(algorithm, "NONE"), Map.of())).isEmpty();
        assertThat(violations(Strictness.PROD, compared, Map.of())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "io.quarkus.vault",
                "io.vertx",
                "io.vertx.core.http",
                "io.netty",
                "io.quarkus",
                "io",
                "org.jboss.resteasy",
                "org.jboss.resteasy.reactive.client.logging",
                "org.apache.http"
            })
    void refusesALevelThatCouldPrintBodiesOrTokens(String category) {
        for (var level : List.of("DEBUG", "trace", "ALL", "FINE", "FINEST")) {
            var name = "quarkus.log.category.\"" + category + "\".level";

            assertThat(violations(Strictness.PROD, Map.of(name, level), Map.of()))
                    .containsExactly(
                            name
                                    + " must not be "
                                    + level
                                    + " in prod: it could print bodies or tokens");
        }
    }

    @Test
    void refusesSuchALevelInAVariable() {
        assertThat(
                        violations(
                                Strictness.PROD,
                                Map.of(),
                                Map.of("QUARKUS_LOG_CATEGORY__IO_VERTX_CORE__LEVEL", "TRACE")))
                .containsExactly(
                        "quarkus.log.category.\"io.vertx.core\".level must not be TRACE in prod: it"
                                + " could print bodies or tokens");
    }

    @Test
    void letsOtherCategoriesSpeak() {
        var quiet =
                Map.of(
                        "quarkus.log.category.\"com.alltkn\".level", "TRACE",
                        "quarkus.log.category.\"io.vertx\".level", "WARN");

        assertThat(violations(Strictness.PROD, quiet, Map.of())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"long", "%r %{i,Authorization}", "%h %{o,x}", "%{ALL_REQUEST_HEADERS}"})
    void refusesAnAccessLogWithHeaders(String pattern) {
        var config =
                Map.of(
                        "quarkus.http.access-log.enabled",
                        "true",
                        "quarkus.http.access-log.pattern",
                        pattern);

        assertThat(violations(Strictness.PROD, config, Map.of()))
                .containsExactly(
                        "quarkus.http.access-log.pattern must not print headers or cookies in prod:"
                                + " they hold callers' credentials");
    }

    @Test
    void acceptsAnAccessLogWithoutHeaders() {
        var config =
                Map.of(
                        "quarkus.http.access-log.enabled", "true",
                        "quarkus.http.access-log.pattern", "%h %r %s %b %D");

        assertThat(violations(Strictness.PROD, config, Map.of())).isEmpty();
    }

    @Test
    void refusesVaultWithoutALogin() {
        var sentence =
                "quarkus.vault.authentication has no complete login, which gateway.source=vault"
                        + " needs: client-token, app-role, kubernetes.role or userpass";
        var none = Map.of("quarkus.vault.authentication.kubernetes.role", "");
        var half =
                Map.of(
                        "quarkus.vault.authentication.kubernetes.role", "",
                        "quarkus.vault.authentication.app-role.role-id", "x");

        assertThat(violations(Strictness.PROD, none, Map.of())).containsExactly(sentence);
        assertThat(violations(Strictness.PROD, half, Map.of())).containsExactly(sentence);
    }

    @ParameterizedTest
    @CsvSource({
        "client-token,",
        "client-token-wrapping-token,",
        "app-role.role-id,app-role.secret-id",
        "app-role.role-id,app-role.secret-id-wrapping-token",
        "userpass.username,userpass.password",
        "kubernetes.role,",
    })
    void acceptsEveryCompleteLogin(String one, @Nullable String other) {
        var config = new HashMap<String, String>();
        config.put("quarkus.vault.authentication.kubernetes.role", "");
        config.put("quarkus.vault.authentication." + one, "x");
        if (other != null) {
            config.put("quarkus.vault.authentication." + other, "x");
        }

        assertThat(violations(Strictness.PROD, config, Map.of())).isEmpty();
    }

    @Test
    void refusesAKeyInTheEnvironmentWithoutShowingIt() {
        var environment = Map.of("ALLTKN_API_KEY", "test-key-1");
        var sentence =
                "ALLTKN_API_KEY must not stand in the process' environment in prod: keep it in the"
                        + " source that gateway.source names";

        assertThat(violations(Strictness.PROD, Map.of(), environment)).containsExactly(sentence);
        assertThat(violations(Strictness.PROD, environment, Map.of())).containsExactly(sentence);
        assertThat(violations(Strictness.DEV, Map.of(), environment)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "NEXT_PUBLIC_ALLTKN_API_KEY",
                "VITE_ALLTKN_API_KEY",
                "REACT_APP_ALLTKN_BASE_URL",
                "PUBLIC_ALLTKN_DEFAULT_MODEL",
                "NUXT_PUBLIC_AI_REQUEST_TIMEOUT_MS",
                "EXPO_PUBLIC_AI_LOG_LEVEL",
            })
    void refusesABrowserBoundName(String name) {
        assertThat(violations(Strictness.STAGING, Map.of(), Map.of(name, "test-key-1")))
                .containsExactly(
                        name + " must not be set: a bundler may copy its value to browsers");
    }

    @Test
    void holdsTheDefaultsInTheEnvironmentToTheRulesOfARevision() {
        var environment =
                Map.of(
                        "ALLTKN_BASE_URL", "http://api.alltkn.com/api/v1",
                        "AI_LOG_LEVEL", "loud",
                        "AI_REQUEST_TIMEOUT_MS", "1000");

        assertThat(violations(Strictness.PROD, Map.of(), environment))
                .containsExactly(
                        "ALLTKN_BASE_URL from environment must begin with https:// so that the key"
                                + " is not sent unencrypted",
                        "AI_LOG_LEVEL from environment must be one of error, warn, info, debug,"
                                + " trace");
    }

    @Test
    void allowsADefaultBaseUrlOnlyOnAnAllowedHost() {
        var environment = Map.of("ALLTKN_BASE_URL", "https://eu.alltkn.example/api/v1");
        var allowed = Map.of("gateway.upstream.allowed-hosts", "eu.alltkn.example, other.example");

        assertThat(violations(Strictness.PROD, Map.of(), environment))
                .containsExactly(
                        "ALLTKN_BASE_URL from environment names the host eu.alltkn.example, which"
                                + " is not in gateway.upstream.allowed-hosts");
        assertThat(violations(Strictness.PROD, allowed, environment)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            mode = Mode.INCLUDE,
            names = {"DEV", "TEST"})
    void leavesDevelopersAndTestsAlone(Strictness strictness) {
        var config =
                Map.of(
                        "gateway.source", "environment",
                        "gateway.sandbox.url", "http://127.0.0.1:8099",
                        "quarkus.log.level", "TRACE");

        assertThat(violations(strictness, config, Map.of("ALLTKN_API_KEY", "test-key-1")))
                .isEmpty();
    }

    @Test
    void acceptsTheDevelopmentKeyInDevOnly() {
        var config = Map.of("gateway.callers.development-key", "test-caller-key");

        assertThat(violations(Strictness.DEV, config, Map.of())).isEmpty();
        for (var strictness : List.of(Strictness.TEST, Strictness.STAGING, Strictness.PROD)) {
            assertThat(violations(strictness, config, Map.of()))
                    .containsExactly(
                            "gateway.callers.development-key must not be set in "
                                    + strictness.profile()
                                    + ": everybody knows the development caller's key");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"quarkus.http.host", "quarkus.management.host"})
    void keepsDevOnLoopback(String name) {
        for (var host : List.of("127.0.0.1", "127.8.0.1", "localhost", "::1", "[::1]")) {
            assertThat(violations(Strictness.DEV, Map.of(name, host), Map.of())).isEmpty();
        }
        for (var host : List.of("0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example", "a.example")) {
            assertThat(violations(Strictness.DEV, Map.of(name, host), Map.of()))
                    .containsExactly(
                            name
                                    + " must be a loopback address in dev, not "
                                    + host
                                    + ": its caller's key is known to everybody");
            assertThat(violations(Strictness.PROD, Map.of(name, host), Map.of())).isEmpty();
        }
    }

    @Test
    void acceptsExactlyOneKnownProfile() {
        for (var profile : List.of("dev", "test", "staging", "prod")) {
            assertThat(Strictness.ofActive(List.of(profile))).isPresent();
        }
        assertThat(look(List.of("prd")))
                .containsExactly(
                        "quarkus.profile must be exactly one of dev, test, staging, prod, not prd");
        // Configuration has the profile that wins first.
        assertThat(look(List.of("dev", "prod")))
                .containsExactly(
                        "quarkus.profile must be exactly one of dev, test, staging, prod, not"
                                + " prod,dev");
        assertThat(Strictness.ofActive(List.of())).isEmpty();
    }

    @Test
    void saysWhatItIsSetToAndWhereAndHowToMendIt() {
        var changed = Map.of("quarkus.log.level", "DEBUG", "gateway.sandbox.url", "http://u:p@h");
        var variables = Map.of("VITE_AI_LOG_LEVEL", "test-key-1");

        assertThat(findings(Strictness.PROD, changed, variables))
                .containsExactly(
                        new Finding(
                                "gateway.sandbox.url",
                                "gateway.sandbox.url must not be set in prod",
                                new Hidden(),
                                Optional.of("made up"),
                                "leave it to dev"),
                        new Finding(
                                "VITE_AI_LOG_LEVEL",
                                "VITE_AI_LOG_LEVEL must not be set: a bundler may copy its value"
                                        + " to browsers",
                                new Hidden(),
                                Optional.of("environment"),
                                "take it out, here and where the pages are built"),
                        new Finding(
                                "quarkus.log.level",
                                "quarkus.log.level must not be DEBUG in prod: it would print bodies"
                                        + " and tokens",
                                new Shown("DEBUG"),
                                Optional.of("made up"),
                                "set it to INFO or above"));
    }

    @Test
    void saysThatNothingIsSet() {
        assertThat(findings(Strictness.DEV, Map.of("gateway.source", "file"), Map.of()))
                .containsExactly(
                        new Finding(
                                "gateway.file.path",
                                "gateway.file.path is missing, which gateway.source=file needs",
                                new Unset(),
                                Optional.empty(),
                                "set it to the mounted directory or file"));
    }

    @Test
    void hidesASecretThatWasPutIntoAnotherSetting() {
        var changed = Map.of("gateway.environment", "Secret-Of-Vault");
        var variables = Map.of("QUARKUS_VAULT_AUTHENTICATION_CLIENT_TOKEN", "Secret-Of-Vault");

        assertThat(findings(Strictness.PROD, changed, variables))
                .singleElement()
                .extracting(Finding::value)
                .isEqualTo(new Hidden());
        assertThat(findings(Strictness.PROD, changed, Map.of()))
                .singleElement()
                .extracting(Finding::value)
                .isEqualTo(new Shown("Secret-Of-Vault"));
    }

    @Test
    void knowsAPropertyByTheVariableThatStandsForIt() {
        var variables = Map.of("QUARKUS_LOG_CATEGORY__IO_VERTX__LEVEL", "TRACE");

        assertThat(findings(Strictness.PROD, Map.of(), variables))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.setting())
                            .isEqualTo("quarkus.log.category.\"io.vertx\".level");
                    assertThat(finding.value()).isEqualTo(new Shown("TRACE"));
                    assertThat(finding.source()).contains("environment");
                });
    }

    /// What nobody reads may stand there.
    @Test
    void needsNoSettingThatRefersToNothing() {
        var config =
                new SmallRyeConfigBuilder()
                        .addDefaultInterceptors()
                        .withProfile("prod")
                        .withSources(new PropertiesConfigSource(SOUND, "somewhere/made-up", 100))
                        .withDefaultValue("gateway.sandbox.url", "http://127.0.0.1")
                        .withDefaultValue("some.token", "${nowhere}")
                        .build();

        var findings = CHECKS.look(config).findings();

        assertThat(findings)
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.setting()).isEqualTo("gateway.sandbox.url");
                    assertThat(finding.source()).isPresent();
                });
    }

    @Test
    void namesTheFileThatASettingIsFrom() {
        var properties = new HashMap<>(SOUND);
        properties.put("gateway.source", "environment");
        var config =
                new SmallRyeConfigBuilder()
                        .addDefaultInterceptors()
                        .withProfile("prod")
                        .withSources(
                                new PropertiesConfigSource(
                                        properties, "jar:file:/a.jar!/b.properties", 100))
                        .build();

        assertThat(CHECKS.look(config).findings())
                .singleElement()
                .extracting(Finding::source)
                .isEqualTo(Optional.of("b.properties"));
    }

    @Test
    void listsEveryCheckThatThereIs() {
        var classes = new ClassFileImporter().importPackages("com.alltkn.gateway");
        var checks =
                classes.stream()
                        .filter(one -> one.isAssignableTo(StartCheck.class) && !one.isInterface())
                        .toList();

        assertThat(checks).hasSizeGreaterThan(8);
        assertThat(checks)
                .allSatisfy(check ->
                        assertThat(check.getConstructorCallsToSelf())
                                .extracting(call -> call.getOriginOwner().getName())
                                .contains(StartChecks.class.getName()));
    }

    private static List<String> look(List<String> profiles) {
        var config = new SmallRyeConfigBuilder().withProfiles(profiles).build();
        return CHECKS.look(config).sentences();
    }

    private static List<String> violations(
            Strictness strictness, Map<String, String> changes, Map<String, String> environment) {
        return findings(strictness, changes, environment).stream().map(Finding::what).toList();
    }

    private static List<Finding> findings(
            Strictness strictness, Map<String, String> changes, Map<String, String> environment) {
        var config = new HashMap<>(SOUND);
        config.putAll(changes);
        return CHECKS.look(
                        new Start(
                                strictness,
                                name ->
                                        Optional.ofNullable(config.get(name))
                                                .filter(value -> !value.isEmpty())
                                                .map(value -> new Property(value, "made up")),
                                config.keySet(),
                                environment))
                .findings();
    }
}
