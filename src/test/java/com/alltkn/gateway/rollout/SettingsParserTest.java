package com.alltkn.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.check.Strictness;
import com.alltkn.gateway.rollout.Parsing.Parsed;
import com.alltkn.gateway.rollout.Parsing.Rejected;
import com.alltkn.gateway.secret.KeyId;
import com.alltkn.gateway.secret.Secret;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsParserTest {

    private static final String KEY = "test-key-" + UUID.randomUUID();

    @Test
    void takesBuiltInDefaultsForEverythingButTheKey() {
        var parsing = parser(Strictness.PROD).parse("vault", Map.of("ALLTKN_API_KEY", KEY));

        assertThat(parsing)
                .isEqualTo(
                        new Parsed(
                                new Settings(
                                        Secret.of(KEY),
                                        KeyId.of(Secret.of(KEY)),
                                        URI.create("https://api.alltkn.com/api/v1"),
                                        "deepseek-chat",
                                        Duration.ofSeconds(60),
                                        LogLevel.INFO,
                                        List.of(),
                                        0,
                                        Clocks.OF_THE_PROCESS,
                                        Map.of(
                                                "ALLTKN_API_KEY", "vault",
                                                "ALLTKN_BASE_URL", "default",
                                                "ALLTKN_DEFAULT_MODEL", "default",
                                                "AI_REQUEST_TIMEOUT_MS", "default",
                                                "AI_LOG_LEVEL", "default"))));
    }

    @Test
    void takesEveryFieldOfTheSource() {
        var fields =
                Map.<String, Object>of(
                        "ALLTKN_API_KEY", KEY,
                        "ALLTKN_BASE_URL", "HTTPS://API.alltkn.com:8443/api/v2/",
                        "ALLTKN_DEFAULT_MODEL", "vendor/Model-X:free",
                        "AI_REQUEST_TIMEOUT_MS", "30000",
                        "AI_LOG_LEVEL", "Warning",
                        "ALLTKN_FALLBACK_MODELS", "one, two ,one",
                        "ALLTKN_CANARY_PERCENT", 5,
                        "AI_IDLE_TIMEOUT_MS", "7000",
                        "SOMETHING_ELSE", List.of("ignored"));

        var parsing = parser(Strictness.PROD).parse("file", fields);

        assertThat(parsing)
                .isEqualTo(
                        new Parsed(
                                new Settings(
                                        Secret.of(KEY),
                                        KeyId.of(Secret.of(KEY)),
                                        URI.create("https://api.alltkn.com:8443/api/v2"),
                                        "vendor/Model-X:free",
                                        Duration.ofSeconds(30),
                                        LogLevel.WARN,
                                        List.of("one", "two"),
                                        5,
                                        new Clocks(
                                                Optional.empty(),
                                                Optional.empty(),
                                                Optional.of(Duration.ofSeconds(7)),
                                                Optional.empty()),
                                        Map.of(
                                                "ALLTKN_API_KEY", "file",
                                                "ALLTKN_BASE_URL", "file",
                                                "ALLTKN_DEFAULT_MODEL", "file",
                                                "AI_REQUEST_TIMEOUT_MS", "file",
                                                "AI_LOG_LEVEL", "file",
                                                "ALLTKN_FALLBACK_MODELS", "file",
                                                "ALLTKN_CANARY_PERCENT", "file",
                                                "AI_IDLE_TIMEOUT_MS", "file"))));
    }

    @Test
    void letsTheSourceWinOverTheEnvironment() {
        var parser =
                new SettingsParser(
                        hosts(Strictness.PROD),
                        Map.of(
                                "ALLTKN_DEFAULT_MODEL", "of-the-environment",
                                "AI_REQUEST_TIMEOUT_MS", "1000",
                                "ALLTKN_API_KEY", "never-taken"));

        var settings =
                settings(
                        parser.parse(
                                "vault",
                                Map.of("ALLTKN_API_KEY", KEY, "AI_REQUEST_TIMEOUT_MS", 2000)));

        assertThat(settings.defaultModel()).isEqualTo("of-the-environment");
        assertThat(settings.requestTimeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(settings.origins())
                .containsEntry("ALLTKN_DEFAULT_MODEL", "environment")
                .containsEntry("AI_REQUEST_TIMEOUT_MS", "vault");
        assertThat(reason(parser.parse("vault", Map.of()))).isEqualTo(RejectionReason.KEY_MISSING);
    }

    @Test
    void namesTheSettingAndItsSourceButNeverTheKey() {
        var parser = new SettingsParser(hosts(Strictness.PROD), Map.of("AI_LOG_LEVEL", "loud"));

        assertThat(parser.parse("vault", Map.of("ALLTKN_API_KEY", KEY + "\n")))
                .isEqualTo(
                        new Rejected(
                                RejectionReason.KEY_HAS_LINE_BREAK,
                                "ALLTKN_API_KEY from vault contains a line break"));
        assertThat(parser.parse("vault", Map.of("ALLTKN_API_KEY", KEY)))
                .isEqualTo(
                        new Rejected(
                                RejectionReason.LOG_LEVEL_UNKNOWN,
                                "AI_LOG_LEVEL from environment must be one of error, warn, info,"
                                        + " debug, trace"));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            ignoreLeadingAndTrailingWhitespace = false,
            delimiter = '|',
            value = {
                "\"\"|KEY_BLANK",
                "\"   \"|KEY_BLANK",
                "test-key 1|KEY_HAS_SPACE",
                " test-key-1|KEY_HAS_SPACE",
                "\"test-key-1\n\"|KEY_HAS_LINE_BREAK",
                "\"test-key-1\r\nx-evil: 1\"|KEY_HAS_LINE_BREAK",
                "test-key\t1|KEY_HAS_CONTROL_CHARACTER",
                "test-key\u00001|KEY_HAS_CONTROL_CHARACTER",
                "test-key-\u007f|KEY_HAS_CONTROL_CHARACTER",
                "test-kéy-1|KEY_NOT_ASCII",
                "test-key\u00a01|KEY_NOT_ASCII",
                "\ufefftest-key-1|KEY_NOT_ASCII",
                "changeme|KEY_PLACEHOLDER",
                "CHANGE_ME|KEY_PLACEHOLDER",
                "your-api-key|KEY_PLACEHOLDER",
                "sk-your-api-key-here|KEY_PLACEHOLDER",
                "Your API key|KEY_PLACEHOLDER",
                "<your key>|KEY_PLACEHOLDER",
                "<ALLTKN_API_KEY>|KEY_PLACEHOLDER",
                "[insert key]|KEY_PLACEHOLDER",
                "xxx|KEY_PLACEHOLDER",
                "sk-xxxxxxxxxxxxxxxx|KEY_PLACEHOLDER",
                "todo|KEY_PLACEHOLDER",
                "TODO|KEY_PLACEHOLDER",
                "dummy|KEY_PLACEHOLDER",
                "dummy-key|KEY_PLACEHOLDER",
                "placeholder|KEY_PLACEHOLDER",
                "null|KEY_PLACEHOLDER",
                "replace-this|KEY_PLACEHOLDER",
                "alltkn_api_key|KEY_PLACEHOLDER",
                "sk-123456|KEY_PLACEHOLDER",
                "sk-****|KEY_MASKED",
                "sk-abcd****wxyz|KEY_MASKED",
                "sk-abcd••••wxyz|KEY_MASKED",
                "sk-abcd...wxyz|KEY_MASKED",
                "sk-abcd…|KEY_MASKED",
                "[REDACTED]|KEY_MASKED",
                "${ALLTKN_API_KEY}|UNRESOLVED_REFERENCE",
                "{{ .Values.apiKey }}|UNRESOLVED_REFERENCE",
                "{{with secret \"\"alltkn\"\"}}|UNRESOLVED_REFERENCE",
                "$(ALLTKN_API_KEY)|UNRESOLVED_REFERENCE",
                "$ALLTKN_API_KEY|UNRESOLVED_REFERENCE",
                "%ALLTKN_API_KEY%|UNRESOLVED_REFERENCE",
                "vault:alltkn/data/prod#ALLTKN_API_KEY|UNRESOLVED_REFERENCE",
                "op://vault/item/field|UNRESOLVED_REFERENCE",
                "ref+vault://alltkn/prod#/ALLTKN_API_KEY|UNRESOLVED_REFERENCE",
                "arn:aws:secretsmanager:eu-1:1:secret:x|UNRESOLVED_REFERENCE",
                "ENC[AES256_GCM,data:x]|UNRESOLVED_REFERENCE",
                "@Microsoft.KeyVault(SecretUri=x)|UNRESOLVED_REFERENCE",
            })
    void rejectsWhatIsNoKey(String key, RejectionReason reason) {
        var parsing = parser(Strictness.DEV).parse("vault", Map.of("ALLTKN_API_KEY", key));

        assertThat(reason(parsing)).isEqualTo(reason);
        if (key.strip().length() > 5) {
            assertThat(sentence(parsing)).doesNotContain(key.strip());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "sk-proj-Ab3xxx9_todo-null.dummy~!#%&=+/",
                "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ0ZXN0In0.c2lnbmF0dXJl",
                "sandbox-key",
                "test-key-1",
                "todo-is-inside-of-a-longer-key",
                "$2y$10$abcdefghijklmnopqrstuv",
                "MYkEy9f2KQ7",
            })
    void acceptsWhatCouldBeAKey(String key) {
        var parsing = parser(Strictness.PROD).parse("vault", Map.of("ALLTKN_API_KEY", key));

        assertThat(settings(parsing).apiKey()).isEqualTo(Secret.of(key));
    }

    @Test
    void rejectsAKeyByItsKindAndLength() {
        assertThat(reason(key(12345))).isEqualTo(RejectionReason.KEY_NOT_TEXT);
        assertThat(reason(key(true))).isEqualTo(RejectionReason.KEY_NOT_TEXT);
        assertThat(reason(key(List.of(KEY)))).isEqualTo(RejectionReason.KEY_NOT_TEXT);
        assertThat(reason(key("k".repeat(4097)))).isEqualTo(RejectionReason.KEY_TOO_LONG);
        assertThat(key("k".repeat(4096))).isInstanceOf(Parsed.class);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "ok",
            value = {
                "PROD,https://api.alltkn.com/api/v1,ok",
                "PROD,https://api.alltkn.com,ok",
                "PROD,https://api.alltkn.com/,ok",
                "PROD,https://evil.example/api/v1,BASE_URL_HOST_NOT_ALLOWED",
                "PROD,https://api.alltkn.com.evil.example/,BASE_URL_HOST_NOT_ALLOWED",
                "PROD,https://api.alltkn.com./,BASE_URL_HOST_NOT_ALLOWED",
                "PROD,http://api.alltkn.com/api/v1,BASE_URL_NOT_HTTPS",
                "PROD,ftp://api.alltkn.com/,BASE_URL_NOT_HTTPS",
                "PROD,http://127.0.0.1:8080/,BASE_URL_NOT_HTTPS",
                "STAGING,http://localhost/,BASE_URL_NOT_HTTPS",
                "TEST,http://127.0.0.1:8080/v1,ok",
                "TEST,http://localhost/v1,ok",
                "TEST,http://[::1]:8080/v1,ok",
                "TEST,http://127.0.0.1.evil.example/v1,BASE_URL_NOT_HTTPS",
                "TEST,http://api.alltkn.com/v1,BASE_URL_NOT_HTTPS",
                "TEST,https://other.example/v1,BASE_URL_HOST_NOT_ALLOWED",
                "DEV,http://anything.example/v1,ok",
                "DEV,https://user:secret@api.alltkn.com/,BASE_URL_HAS_USER_INFO",
                "DEV,https://a@b@api.alltkn.com/,BASE_URL_HAS_USER_INFO",
                "DEV,https://api.alltkn.com/?key=1,BASE_URL_HAS_QUERY",
                "DEV,https://api.alltkn.com/#part,BASE_URL_HAS_FRAGMENT",
                "DEV,api.alltkn.com/api/v1,BASE_URL_INVALID",
                "DEV,//api.alltkn.com/api/v1,BASE_URL_INVALID",
                "DEV,https:///api/v1,BASE_URL_INVALID",
                "DEV,mailto:key@alltkn.com,BASE_URL_INVALID",
                "DEV,https://api alltkn.com/,BASE_URL_INVALID",
                "DEV,https://api.alltkn.com/a/../b,BASE_URL_INVALID",
                "DEV,https://api.alltkn.com:99999/,BASE_URL_INVALID",
                "DEV,https://api_alltkn.com/,BASE_URL_INVALID",
                "DEV,${ALLTKN_BASE_URL},UNRESOLVED_REFERENCE",
                "DEV,'  ',BLANK",
            })
    void allowsABaseUrlOnlyWhereTheKeyIsSafe(
            Strictness strictness, String url, @Nullable RejectionReason reason) {
        var fields = Map.<String, Object>of("ALLTKN_API_KEY", KEY, "ALLTKN_BASE_URL", url);

        var parsing = parser(strictness).parse("vault", fields);

        assertThat(reasonOrNull(parsing)).isEqualTo(reason);
        assertThat(parsing.toString()).doesNotContain("secret@");
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "ok",
            value = {
                "AI_REQUEST_TIMEOUT_MS,1,ok",
                "AI_REQUEST_TIMEOUT_MS,3600000,ok",
                "AI_REQUEST_TIMEOUT_MS,' 60000 ',ok",
                "AI_REQUEST_TIMEOUT_MS,0,TIMEOUT_OUT_OF_RANGE",
                "AI_REQUEST_TIMEOUT_MS,-1,TIMEOUT_OUT_OF_RANGE",
                "AI_REQUEST_TIMEOUT_MS,3600001,TIMEOUT_OUT_OF_RANGE",
                "AI_REQUEST_TIMEOUT_MS,60s,TIMEOUT_NOT_A_NUMBER",
                "AI_REQUEST_TIMEOUT_MS,6e4,TIMEOUT_NOT_A_NUMBER",
                "AI_REQUEST_TIMEOUT_MS,99999999999999999999,TIMEOUT_NOT_A_NUMBER",
                "AI_REQUEST_TIMEOUT_MS,'',BLANK",
                "AI_LOG_LEVEL,TRACE,ok",
                "AI_LOG_LEVEL,off,LOG_LEVEL_UNKNOWN",
                "AI_LOG_LEVEL,'',BLANK",
                "ALLTKN_DEFAULT_MODEL,'',BLANK",
                "ALLTKN_DEFAULT_MODEL,'two words',MODEL_INVALID",
                "ALLTKN_DEFAULT_MODEL,'a\u0000b',MODEL_INVALID",
                "ALLTKN_DEFAULT_MODEL,'{{ model }}',UNRESOLVED_REFERENCE",
                "ALLTKN_CANARY_PERCENT,0,ok",
                "ALLTKN_CANARY_PERCENT,50,ok",
                "ALLTKN_CANARY_PERCENT,51,CANARY_PERCENT_INVALID",
                "ALLTKN_CANARY_PERCENT,-1,CANARY_PERCENT_INVALID",
                "ALLTKN_CANARY_PERCENT,5%,CANARY_PERCENT_INVALID",
                "ALLTKN_CANARY_PERCENT,2.5,CANARY_PERCENT_INVALID",
                "ALLTKN_CANARY_PERCENT,4294967301,CANARY_PERCENT_INVALID",
                "ALLTKN_CANARY_PERCENT,'',BLANK",
                "ALLTKN_FALLBACK_MODELS,'a,,b',BLANK",
                "ALLTKN_FALLBACK_MODELS,'a,b c',MODEL_INVALID",
                "ALLTKN_FALLBACK_MODELS,'1,2,3,4,5,6,7,8,9',TOO_MANY_MODELS",
            })
    void checksTheOtherSettings(String name, String value, @Nullable RejectionReason reason) {
        var fields = Map.<String, Object>of("ALLTKN_API_KEY", KEY, name, value);

        assertThat(reasonOrNull(parser(Strictness.PROD).parse("vault", fields))).isEqualTo(reason);
    }

    @Test
    void takesNumbersAndBooleansByTheirText() {
        assertThat(settings(with("AI_REQUEST_TIMEOUT_MS", 30000)).requestTimeout())
                .isEqualTo(Duration.ofSeconds(30));
        assertThat(settings(with("AI_REQUEST_TIMEOUT_MS", 30000.0)).requestTimeout())
                .isEqualTo(Duration.ofSeconds(30));
        assertThat(settings(with("ALLTKN_CANARY_PERCENT", 5.0)).canaryPercent()).isEqualTo(5);
        assertThat(reason(with("ALLTKN_CANARY_PERCENT", 2.5)))
                .isEqualTo(RejectionReason.CANARY_PERCENT_INVALID);
        assertThat(settings(with("ALLTKN_DEFAULT_MODEL", 4)).defaultModel()).isEqualTo("4");
        assertThat(reason(with("AI_REQUEST_TIMEOUT_MS", 0.5)))
                .isEqualTo(RejectionReason.TIMEOUT_NOT_A_NUMBER);
        assertThat(reason(with("AI_REQUEST_TIMEOUT_MS", Double.NaN)))
                .isEqualTo(RejectionReason.TIMEOUT_NOT_A_NUMBER);
        assertThat(reason(with("AI_LOG_LEVEL", false)))
                .isEqualTo(RejectionReason.LOG_LEVEL_UNKNOWN);
        assertThat(reason(with("ALLTKN_DEFAULT_MODEL", Map.of("a", "b"))))
                .isEqualTo(RejectionReason.NOT_A_VALUE);
        assertThat(reason(with("ALLTKN_DEFAULT_MODEL", "m".repeat(201))))
                .isEqualTo(RejectionReason.MODEL_TOO_LONG);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALLTKN_DEFAULT_MODEL",
                "ALLTKN_FALLBACK_MODELS",
                "AI_LOG_LEVEL",
                "ALLTKN_BASE_URL"
            })
    void refusesAKeyThatStandsInASettingThatIsShown(String setting) {
        var parsing =
                parser(Strictness.DEV)
                        .parse(
                                "vault",
                                Map.of(
                                        "ALLTKN_API_KEY",
                                        KEY,
                                        setting,
                                        "https://" + KEY.toUpperCase(Locale.ROOT) + ".example/v1"));

        assertThat(parsing)
                .isEqualTo(
                        new Rejected(
                                RejectionReason.KEY_IN_ANOTHER_SETTING,
                                setting
                                        + " from vault contains the key, and this setting is"
                                        + " shown"));
    }

    @Test
    void showsNoKeyInAnyText() {
        var parsing = parser(Strictness.PROD).parse("vault", Map.of("ALLTKN_API_KEY", KEY));
        var revision = new Revision(7, settings(parsing), "vault");
        var found = new Reading.Found(7, Map.of("ALLTKN_API_KEY", KEY));

        assertThat(parsing + " " + revision + " " + found).doesNotContain(KEY);
    }

    @Test
    void identifiesContentByKeyAndValuesAndNotByOrigin() {
        var one = settings(with("AI_LOG_LEVEL", "info"));
        var sameByDefault = settings(key(KEY));
        var otherLevel = settings(with("AI_LOG_LEVEL", "debug"));
        var otherKey = settings(key(KEY + "2"));

        assertThat(one.contentId()).isEqualTo(sameByDefault.contentId());
        assertThat(Set.of(one.contentId(), otherLevel.contentId(), otherKey.contentId()))
                .hasSize(3);
    }

    private static SettingsParser parser(Strictness strictness) {
        return new SettingsParser(hosts(strictness), Map.of());
    }

    private static AllowedHosts hosts(Strictness strictness) {
        return new AllowedHosts(
                strictness, Set.of("api.alltkn.com", "localhost", "127.0.0.1", "[::1]"));
    }

    private static Parsing key(Object key) {
        return parser(Strictness.PROD).parse("vault", Map.of("ALLTKN_API_KEY", key));
    }

    private static Parsing with(String name, Object value) {
        var fields = new HashMap<String, Object>(Map.of("ALLTKN_API_KEY", KEY));
        fields.put(name, value);
        return parser(Strictness.PROD).parse("vault", fields);
    }

    private static Settings settings(Parsing parsing) {
        assertThat(parsing).isInstanceOf(Parsed.class);
        return ((Parsed) parsing).settings();
    }

    private static RejectionReason reason(Parsing parsing) {
        assertThat(parsing).isInstanceOf(Rejected.class);
        return ((Rejected) parsing).reason();
    }

    private static @Nullable RejectionReason reasonOrNull(Parsing parsing) {
        return parsing instanceof Rejected(var reason, _) ? reason : null;
    }

    private static String sentence(Parsing parsing) {
        return ((Rejected) parsing).sentence();
    }
}
