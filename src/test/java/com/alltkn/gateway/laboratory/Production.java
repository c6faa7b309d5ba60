package com.alltkn.gateway.laboratory;

import com.alltkn.gateway.rollout.vault.OpenBaoServer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/// What a gateway in production stands between: an upstream and a Vault that speak TLS under an
/// authority of their own, a login by AppRole, and a file with one caller. Everything secret is
/// made up anew each time.
///
/// @param upstream in place of ALLTKN
/// @param vault holds the settings of the environment `prod`
/// @param certificates of both, and of who signed them
/// @param upstreamKey the key in Vault
/// @param callerKey the key of the caller `plain`
/// @param roleId half of the login to Vault
/// @param secretId the other half
/// @param callersFile lists the caller
public record Production(
        ScriptedUpstream upstream,
        OpenBaoServer vault,
        TestCertificates certificates,
        String upstreamKey,
        String callerKey,
        String roleId,
        String secretId,
        Path callersFile)
        implements AutoCloseable {

    /// Where chats are asked for.
    public static final String PATH = "/v1/chat/completions";

    /// A chat that is answered at once.
    public static final String CHAT = "{\"model\":\"m\",\"messages\":[]}";

    /// A chat that is answered by a stream, its usage included.
    public static final String STREAMED_CHAT =
            "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                    + "\"messages\":[]}";

    /// The environment whose settings are in Vault.
    public static final String ENVIRONMENT = "prod";

    /// Starts upstream and Vault.
    public static Production start() {
        var certificates = TestCertificates.create();
        var upstream = ScriptedUpstream.start(certificates.serverContext());
        var vault =
                OpenBaoServer.withTls(
                        certificates.certPem(), certificates.keyPem(), certificates.caPem());
        vault.podPolicy("pod", ENVIRONMENT);
        vault.enableLogin("approle");
        vault.call("POST", "auth/approle/role/gateway", Map.of("token_policies", "pod"));
        var role = vault.call("GET", "auth/approle/role/gateway/role-id", null);
        var secret = vault.call("POST", "auth/approle/role/gateway/secret-id", Map.of());
        var callerKey = "test-caller-" + UUID.randomUUID();
        var production =
                new Production(
                        upstream,
                        vault,
                        certificates,
                        "test-key-" + UUID.randomUUID(),
                        callerKey,
                        role.at("/data/role_id").asText(),
                        secret.at("/data/secret_id").asText(),
                        MadeUpCallers.file(callerKey));
        production.write(production.upstreamKey, Map.of());
        return production;
    }

    /// Writes a new version: a key, the upstream's address, and what else a test wants.
    public void write(String key, Map<String, String> more) {
        var fields = new HashMap<>(more);
        fields.put("ALLTKN_API_KEY", key);
        fields.putIfAbsent("ALLTKN_BASE_URL", upstream.baseUrl().toString());
        vault.write(ENVIRONMENT, fields);
    }

    /// A gateway with everything that production demands; the small prompt is off, so that upstream
    /// sees nothing but what a test sends.
    public GatewayProcess.Launch gateway() {
        return gateway("prod");
    }

    /// The same in another profile, with the settings of the same environment.
    public GatewayProcess.Launch gateway(String profile) {
        return GatewayProcess.inProfile(profile)
                .environment("GATEWAY_ENVIRONMENT", ENVIRONMENT)
                .environment("GATEWAY_CALLERS_FILE", callersFile.toString())
                .environment("GATEWAY_VAULT_POLL_INTERVAL", "1s")
                .environment("GATEWAY_UPSTREAM_ALLOWED_HOSTS", "localhost")
                .environment("GATEWAY_UPSTREAM_TLS_CONFIGURATION", "upstream")
                .environment("GATEWAY_HEALTH_PROMPT_ENABLED", "false")
                .environment("QUARKUS_VAULT_URL", vault.url().toString())
                .environment("QUARKUS_VAULT_TLS_CA_CERT", certificates.caPem().toString())
                .environment("QUARKUS_VAULT_AUTHENTICATION_APP_ROLE_ROLE_ID", roleId)
                .environment("QUARKUS_VAULT_AUTHENTICATION_APP_ROLE_SECRET_ID", secretId)
                .environment(
                        "QUARKUS_TLS_UPSTREAM_TRUST_STORE_PEM_CERTS",
                        certificates.caPem().toString());
    }

    /// The same, quick to see a change: Vault is asked four times a second, and an idle connection
    /// to upstream goes after one second.
    public GatewayProcess.Launch quickGateway() {
        return gateway()
                .environment("GATEWAY_VAULT_POLL_INTERVAL", "250ms")
                .environment("GATEWAY_UPSTREAM_KEEP_ALIVE", "1s");
    }

    /// The same with Vault behind a proxy, given up after a second.
    public GatewayProcess.Launch quickGateway(ToxicProxy vaultProxy) {
        return quickGateway()
                .environment("QUARKUS_VAULT_URL", "https://127.0.0.1:" + vaultProxy.port())
                .environment("GATEWAY_VAULT_DEADLINE", "1s");
    }

    /// As at the start: one version, and an upstream that knows of nothing.
    public void beginAnew() {
        vault.deleteMetadata(ENVIRONMENT);
        write(upstreamKey, Map.of());
        upstream.forget();
    }

    /// A POST of JSON by the caller.
    public String post(String path, String body, String... headers) {
        return request("POST", path, body, headers);
    }

    /// A request by the caller.
    public String request(String method, String path, String body, String... headers) {
        return RawHttp.request(method, path, body, GatewayTest.withKey(callerKey, headers));
    }

    @Override
    public void close() {
        upstream.close();
        vault.close();
    }
}
