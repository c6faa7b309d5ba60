package com.alltkn.gateway.laboratory;

import com.alltkn.gateway.rollout.vault.OpenBaoServer;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What a gateway under test stands between: a real OpenBao with its settings, a scripted upstream,
/// and four callers with keys made up for the run. A field of type [Laboratory] is filled in. The
/// argument `poll-interval` says how often Vault is asked, 1 s if it is not given; any other is a
/// key of the gateway's configuration. The clocks are short, each request is one call upstream
/// unless [Persistence] is there too, a new revision has no probation, and the small prompt has no
/// schedule, so that an upstream sees nothing but what a test sends and the prompt of a
/// verification, which it keeps apart.
public final class GatewayUnderTest implements QuarkusTestResourceLifecycleManager {

    private Map<String, String> arguments = Map.of();
    private @Nullable OpenBaoServer vault;
    private @Nullable ScriptedUpstream upstream;
    private @Nullable Laboratory laboratory;

    @Override
    public void init(Map<String, String> arguments) {
        this.arguments = arguments;
    }

    @Override
    public Map<String, String> start() {
        var bao = OpenBaoServer.inMemory();
        vault = bao;
        var scripted = ScriptedUpstream.start();
        upstream = scripted;
        var upstreamKey = "test-key-" + UUID.randomUUID();
        var callerKey = "test-caller-" + UUID.randomUUID();
        var storingCallerKey = "test-caller-" + UUID.randomUUID();
        bao.podPolicy("pod", "test");
        var loyalCallerKey = "test-caller-" + UUID.randomUUID();
        var limitedCallerKey = "test-caller-" + UUID.randomUUID();
        var settings = new HashMap<String, String>();
        settings.put("ALLTKN_API_KEY", upstreamKey);
        settings.put("ALLTKN_BASE_URL", scripted.baseUrl().toString());
        settings.put("AI_REQUEST_TIMEOUT_MS", "2000");
        settings.put("AI_LOG_LEVEL", "trace");
        bao.write("test", settings);
        var token = bao.token("pod");
        laboratory =
                new Laboratory(
                        scripted,
                        bao,
                        upstreamKey,
                        callerKey,
                        storingCallerKey,
                        loyalCallerKey,
                        limitedCallerKey,
                        token);
        var config = new HashMap<String, String>();
        config.put("gateway.vault.poll-interval", arguments.getOrDefault("poll-interval", "1s"));
        config.put("quarkus.vault.url", bao.url().toString());
        config.put("quarkus.vault.authentication.client-token", token);
        config.put(
                "gateway.callers.file",
                callersFile(callerKey, storingCallerKey, loyalCallerKey, limitedCallerKey));
        config.put("gateway.upstream.allowed-hosts", "127.0.0.1");
        config.put("gateway.health.prompt.enabled", "false");
        config.put("gateway.rollout.probation", "0s");
        config.put("gateway.support", "https://help.example/ai");
        config.put("gateway.upstream.connect-timeout", "1s");
        config.put("gateway.upstream.first-byte-timeout", "2s");
        config.put("gateway.upstream.idle-timeout", "1s");
        config.put("gateway.upstream.stream-timeout", "5s");
        config.put("gateway.upstream.retry.max-retries", "0");
        config.put("gateway.upstream.breaker.failures", "0");
        config.put("gateway.exchange.body-timeout", "1s");
        config.put("gateway.exchange.body-total-timeout", "3s");
        config.put("gateway.exchange.max-body-size", "2M");
        config.put("gateway.exchange.max-upload-size", "4M");
        arguments.forEach((name, value) -> {
            if (name.startsWith("gateway.")) {
                config.put(name, value);
            }
        });
        return config;
    }

    @Override
    public void inject(TestInjector injector) {
        injector.injectIntoFields(laboratory, new TestInjector.MatchesType(Laboratory.class));
    }

    @Override
    public void stop() {
        if (upstream != null) {
            upstream.close();
        }
        if (vault != null) {
            vault.close();
        }
    }

    private static String callersFile(
            String callerKey,
            String storingCallerKey,
            String loyalCallerKey,
            String limitedCallerKey) {
        try {
            var file = Files.createTempFile("callers", ".yaml");
            file.toFile().deleteOnExit();
            return Files.writeString(
                            file,
                            """
                            callers:
                              - id: plain
                                api-keys: ["sha256:%s"]
                              - id: storing
                                api-keys: ["sha256:%s"]
                                stored-objects: true
                              - id: loyal
                                api-keys: ["sha256:%s"]
                                fallback: false
                              - id: limited
                                api-keys: ["sha256:%s"]
                                models: ["some-*", deepseek-chat]
                                limits:
                                  request-bytes: 1000
                                  output-tokens: 50
                                  requests-per-minute: 1000
                                  tokens-per-minute: 100000
                                  concurrent: 2
                                budget: {daily-tokens: 1000000}
                            """
                                    .formatted(
                                            sha256(callerKey),
                                            sha256(storingCallerKey),
                                            sha256(loyalCallerKey),
                                            sha256(limitedCallerKey)))
                    .toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String sha256(String key) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(key.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /// What stands around the gateway.
    ///
    /// @param upstream in place of ALLTKN
    /// @param vault holds the settings
    /// @param upstreamKey the key in Vault
    /// @param callerKey the key of the caller `plain`
    /// @param storingCallerKey the key of the caller `storing`, who may reach stored objects
    /// @param loyalCallerKey the key of the caller `loyal`, who wants no other model
    /// @param limitedCallerKey the key of the caller `limited`, who has every limit there is
    /// @param vaultToken what the gateway logs in with
    public record Laboratory(
            ScriptedUpstream upstream,
            OpenBaoServer vault,
            String upstreamKey,
            String callerKey,
            String storingCallerKey,
            String loyalCallerKey,
            String limitedCallerKey,
            String vaultToken) {}
}
