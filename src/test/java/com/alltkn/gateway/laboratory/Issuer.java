package com.alltkn.gateway.laboratory;

import com.alltkn.gateway.rollout.vault.OpenBaoServer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/// A real issuer of tokens: OpenBao's own OIDC provider, with one user whose tokens it signs.
public final class Issuer {

    /// The audience of its tokens, but for those that are made for another.
    public static final String AUDIENCE = "alltkn-gateway";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final OpenBaoServer server;
    private final String login;
    private final String subject;

    private Issuer(OpenBaoServer server) {
        this.server = server;
        server.call("POST", "identity/oidc/config", Map.of("issuer", server.url().toString()));
        key("gateway", "RS256");
        server.policy("tokens", "path \"identity/oidc/token/*\" { capabilities = [\"read\"] }");
        server.enableLogin("userpass");
        server.call(
                "POST",
                "auth/userpass/users/service",
                Map.of("password", "test-password", "token_policies", "tokens"));
        var answer =
                server.call(
                        "POST", "auth/userpass/login/service", Map.of("password", "test-password"));
        login = answer.at("/auth/client_token").asText();
        subject = answer.at("/auth/entity_id").asText();
        // Keys are published from their first use on.
        token();
    }

    /// Makes an issuer of a running server.
    public static Issuer on(OpenBaoServer server) {
        return new Issuer(server);
    }

    /// The `iss` of its tokens.
    public String url() {
        return server.url() + "/v1/identity/oidc";
    }

    /// Whose tokens it signs.
    public String subject() {
        return subject;
    }

    /// Makes a key with an algorithm such as `ES256`.
    public void key(String name, String algorithm) {
        server.call(
                "POST",
                "identity/oidc/key/" + name,
                Map.of(
                        "algorithm", algorithm,
                        "allowed_client_ids", "*",
                        "rotation_period", "1h",
                        "verification_ttl", "1h"));
    }

    /// Signs with another key from now on; the one before is published no longer.
    public void rotate() {
        server.call("POST", "identity/oidc/key/gateway/rotate", Map.of("verification_ttl", "0s"));
    }

    /// Its public keys, as it tells them.
    public String keys() {
        return server.call("GET", "identity/oidc/.well-known/keys", null).toString();
    }

    /// A token that is good for an hour.
    public String token() {
        return token("gateway", AUDIENCE, Map.of());
    }

    /// A token of a key, for an audience, with further claims.
    public String token(String key, String audience, Map<String, Object> claims) {
        var role = new HashMap<String, Object>();
        role.put("key", key);
        role.put("client_id", audience);
        role.put("ttl", "1h");
        try {
            role.put(
                    "template",
                    Base64.getEncoder()
                            .encodeToString(
                                    JSON.writeValueAsString(claims)
                                            .getBytes(StandardCharsets.UTF_8)));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("no claims", e);
        }
        server.call("POST", "identity/oidc/role/" + key, role);
        return server.call(login, "GET", "identity/oidc/token/" + key, null)
                .at("/data/token")
                .asText();
    }
}
