package com.alltkn.gateway.rollout.vault;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Signature;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/// What Vault needs of a Kubernetes cluster: tokens of service accounts, and the review of a token.
/// It reviews as Kubernetes does: asked for no audience, it takes a token that was made for itself.
public final class FakeCluster implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    /// Who its tokens are from, and by default the audience of its own API.
    private static final String ISSUER = "https://cluster.example";

    private final KeyPair issuer;
    private final HttpServer server;

    public FakeCluster() {
        try {
            var generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            issuer = generator.generateKeyPair();
            server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has RSA", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext(
                "/apis/authentication.k8s.io/v1/tokenreviews",
                exchange -> {
                    var spec = JSON.readTree(exchange.getRequestBody()).path("spec");
                    var asked = new ArrayList<String>();
                    spec.path("audiences").forEach(audience -> asked.add(audience.asText()));
                    var body =
                            JSON.writeValueAsBytes(
                                    Map.of(
                                            "apiVersion",
                                            "authentication.k8s.io/v1",
                                            "kind",
                                            "TokenReview",
                                            "status",
                                            review(spec.path("token").asText(), asked)));
                    exchange.getResponseHeaders().add("Content-Type", "application/json");
                    exchange.sendResponseHeaders(201, body.length);
                    exchange.getResponseBody().write(body);
                    exchange.close();
                });
        server.start();
    }

    /// @return the address of its API
    public URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /// @return PEM of a certificate that the configuration wants and plain http never uses
    public String authority() {
        try {
            var factory =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init((KeyStore) null);
            var trust = (X509TrustManager) factory.getTrustManagers()[0];
            return pem("CERTIFICATE", trust.getAcceptedIssuers()[0].getEncoded());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /// @return PEM of the key that its tokens are checked with
    String publicKey() {
        return pem("PUBLIC KEY", issuer.getPublic().getEncoded());
    }

    /// @return a token as a pod has it
    public String token(String namespace, String account, String audience) {
        var now = Instant.now().getEpochSecond();
        var claims = new HashMap<String, Object>();
        claims.put("iss", ISSUER);
        claims.put("sub", user(namespace, account));
        claims.put("aud", List.of(audience));
        claims.put("iat", now);
        claims.put("nbf", now);
        claims.put("exp", now + 600);
        claims.put(
                "kubernetes.io",
                Map.of(
                        "namespace",
                        namespace,
                        "serviceaccount",
                        Map.of("name", account, "uid", uid(namespace, account))));
        try {
            var unsigned =
                    base64("{\"alg\":\"RS256\",\"typ\":\"JWT\"}".getBytes(UTF_8))
                            + "."
                            + base64(JSON.writeValueAsBytes(claims));
            var signature = Signature.getInstance("SHA256withRSA");
            signature.initSign(issuer.getPrivate());
            signature.update(unsigned.getBytes(UTF_8));
            return unsigned + "." + base64(signature.sign());
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private static Map<String, Object> review(String token, List<String> asked) throws IOException {
        var claims = JSON.readTree(Base64.getUrlDecoder().decode(token.split("\\.", -1)[1]));
        var audiences = new ArrayList<String>();
        claims.path("aud").forEach(audience -> audiences.add(audience.asText()));
        audiences.retainAll(asked.isEmpty() ? List.of(ISSUER) : asked);
        if (audiences.isEmpty()) {
            return Map.of("authenticated", false, "error", "the token is not for any of " + asked);
        }
        var account = claims.at("/kubernetes.io/serviceaccount");
        return Map.of(
                "authenticated",
                true,
                "audiences",
                audiences,
                "user",
                Map.of(
                        "username",
                        claims.path("sub").asText(),
                        "uid",
                        account.path("uid").asText(),
                        "groups",
                        List.of("system:serviceaccounts")));
    }

    private static String user(String namespace, String account) {
        return "system:serviceaccount:" + namespace + ":" + account;
    }

    private static String uid(String namespace, String account) {
        return "uid-of-" + namespace + "-" + account;
    }

    private static String pem(String type, byte[] bytes) {
        return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
                .formatted(
                        type, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes));
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
