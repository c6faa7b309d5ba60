package com.alltkn.gateway.rollout.vault;

import com.alltkn.gateway.laboratory.MadeUpCallers;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Gives a `@QuarkusTest` a real OpenBao with settings for the environment `test` in it, and the
/// configuration to read them. Keys are proven with an upstream that finds each of them good.
/// Fields of type [OpenBaoServer], [ScriptedUpstream] and, for the key, of type [String] with
/// [MadeUpKey] on them are filled in.
///
/// Arguments: `login` is `token` (default) or `approle`; `running` is `true` (default), or `false`
/// for a server that keeps its content on disk and is stopped before the application starts.
public final class OpenBaoResource implements QuarkusTestResourceLifecycleManager {

    /// The environment whose settings are there.
    public static final String PATH = "test";

    private final String key = "test-key-" + UUID.randomUUID();
    private String login = "token";
    private boolean running = true;
    private @Nullable OpenBaoServer server;
    private @Nullable ScriptedUpstream upstream;

    @Override
    public void init(Map<String, String> arguments) {
        login = arguments.getOrDefault("login", "token");
        running = Boolean.parseBoolean(arguments.getOrDefault("running", "true"));
    }

    @Override
    public Map<String, String> start() {
        var started = running ? OpenBaoServer.inMemory() : OpenBaoServer.onDisk();
        server = started;
        started.podPolicy("pod", PATH);
        started.write(PATH, Map.of("ALLTKN_API_KEY", key));
        var config = new HashMap<String, String>();
        var willing = ScriptedUpstream.start();
        upstream = willing;
        config.put("ALLTKN_BASE_URL", willing.baseUrl().toString());
        config.put("gateway.upstream.allowed-hosts", "127.0.0.1");
        config.put("gateway.health.prompt.enabled", "false");
        config.put("gateway.rollout.probation", "0s");
        config.put("gateway.source", "vault");
        config.put("gateway.callers.file", MadeUpCallers.file("test-caller").toString());
        config.put("gateway.vault.poll-interval", "1s");
        config.put("quarkus.vault.url", started.url().toString());
        if (login.equals("approle")) {
            config.putAll(appRole(started));
        } else {
            config.put("quarkus.vault.authentication.client-token", started.token("pod"));
        }
        if (!running) {
            started.stop();
        }
        return config;
    }

    @Override
    public void inject(TestInjector injector) {
        injector.injectIntoFields(upstream, new TestInjector.MatchesType(ScriptedUpstream.class));
        injector.injectIntoFields(server, new TestInjector.MatchesType(OpenBaoServer.class));
        injector.injectIntoFields(
                key, new TestInjector.AnnotatedAndMatchesType(MadeUpKey.class, String.class));
    }

    @Override
    public void stop() {
        if (upstream != null) {
            upstream.close();
        }
        if (server != null) {
            server.close();
        }
    }

    private static Map<String, String> appRole(OpenBaoServer server) {
        server.enableLogin("approle");
        server.call("POST", "auth/approle/role/gateway", Map.of("token_policies", "pod"));
        var role = server.call("GET", "auth/approle/role/gateway/role-id", null);
        var secret = server.call("POST", "auth/approle/role/gateway/secret-id", Map.of());
        return Map.of(
                "quarkus.vault.authentication.app-role.role-id",
                role.at("/data/role_id").asText(),
                "quarkus.vault.authentication.app-role.secret-id",
                secret.at("/data/secret_id").asText());
    }
}
