package com.alltkn.gateway.rollout.vault;

import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.FreePort;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;

/// A real OpenBao server on a loopback port, with the mount `alltkn` (KV, version 2) in it.
///
/// [#inMemory()] is up in a fraction of a second and forgets everything when stopped; [#onDisk()]
/// and [#withTls(Path, Path, Path)] keep their content over [#stop()] and [#start()], are sealed
/// after a start until [#unseal()], take about two seconds, and note every call: [#calls()]. Not
/// for several threads.
@NullMarked
public final class OpenBaoServer implements AutoCloseable {

    /// The mount that every server has.
    public static final String MOUNT = "alltkn";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Pattern DEV_UNSEAL_KEY = Pattern.compile("Unseal Key: (\\S+)");

    private final Path directory;
    private final boolean persistent;
    private final @Nullable Tls tls;
    private final int port;
    private final HttpClient http;
    private String rootToken = "test-root-" + UUID.randomUUID();
    private @Nullable String unsealKey;
    private @Nullable Process process;

    private OpenBaoServer(boolean persistent, @Nullable Tls tls) {
        this.persistent = persistent;
        this.tls = tls;
        this.port = FreePort.find();
        try {
            this.directory = Files.createTempDirectory("openbao");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2));
        if (tls != null) {
            client.sslContext(tls.context());
        }
        this.http = client.build();
    }

    /// @return a running, unsealed server that forgets everything when stopped
    public static OpenBaoServer inMemory() {
        return launched(new OpenBaoServer(false, null));
    }

    /// @return a running, unsealed server that keeps its content over a restart
    public static OpenBaoServer onDisk() {
        return launched(new OpenBaoServer(true, null));
    }

    /// @param certificate PEM, with 127.0.0.1 or localhost among its names
    /// @param key PEM
    /// @param authority PEM of who signed it, for this fixture's own calls
    /// @return a running, unsealed server that speaks TLS only and keeps its content over a restart
    public static OpenBaoServer withTls(Path certificate, Path key, Path authority) {
        return launched(new OpenBaoServer(true, new Tls(certificate, key, authority)));
    }

    private static OpenBaoServer launched(OpenBaoServer server) {
        Runtime.getRuntime().addShutdownHook(new Thread(server::kill));
        server.start();
        if (server.persistent) {
            server.initialise();
        }
        server.call("POST", "sys/mounts/" + MOUNT, Map.of("type", "kv-v2"));
        // A fresh KV engine answers 400 for a moment while it sets itself up.
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> server.send("GET", MOUNT + "/config", null).statusCode() == 200);
        return server;
    }

    /// @return such as `http://127.0.0.1:40123`
    public URI url() {
        return URI.create((tls == null ? "http" : "https") + "://127.0.0.1:" + port);
    }

    /// @return a token that may do everything
    public String rootToken() {
        return rootToken;
    }

    // Life

    /// Starts the process; with content on disk it is then sealed. Returns once it listens.
    public void start() {
        try {
            var log = directory.resolve("server.log");
            var builder =
                    new ProcessBuilder(command())
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile());
            builder.environment().keySet().removeIf(n -> n.matches("(BAO|VAULT)_.*"));
            builder.environment().put("BAO_DEV_ROOT_TOKEN_ID", rootToken);
            builder.environment().put("VAULT_DEV_ROOT_TOKEN_ID", rootToken);
            var started = builder.start();
            process = started;
            await().atMost(PATIENCE)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(30))
                    .until(() -> !started.isAlive() || listens());
            if (!started.isAlive()) {
                throw new IllegalStateException("OpenBao ended: " + Files.readString(log));
            }
            if (!persistent) {
                await().atMost(PATIENCE).until(() -> answers(200));
                // It may answer before it has printed the key.
                unsealKey =
                        await().atMost(PATIENCE)
                                .until(() -> printedKey(log), key -> !key.isEmpty());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Ends the process as an operator would.
    public void stop() {
        end(false);
    }

    /// Ends the process without letting it finish anything.
    public void kill() {
        end(true);
    }

    /// Seals it: every call is then answered with 503.
    public void seal() {
        call("POST", "sys/seal", Map.of());
    }

    /// Unseals it and waits until it serves.
    public void unseal() {
        if (unsealKey == null) {
            throw new IllegalStateException("this server's unseal key is not known");
        }
        call("POST", "sys/unseal", Map.of("key", unsealKey));
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(50)).until(() -> answers(200));
    }

    @Override
    public void close() {
        kill();
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // Secrets

    /// @param path below the mount, such as `test`
    /// @param fields what it holds; values may be null
    /// @return the new version
    public int write(String path, Map<String, ? extends @Nullable Object> fields) {
        return call("POST", MOUNT + "/data/" + path, Map.of("data", fields))
                .at("/data/version")
                .asInt();
    }

    /// @param path below the mount
    /// @param fields what changes
    /// @return the new version
    public int patch(String path, Map<String, ? extends @Nullable Object> fields) {
        return call("PATCH", MOUNT + "/data/" + path, Map.of("data", fields))
                .at("/data/version")
                .asInt();
    }

    /// Deletes the current version; it can be undeleted.
    ///
    /// @param path below the mount
    public void delete(String path) {
        call("DELETE", MOUNT + "/data/" + path, null);
    }

    /// @param path below the mount
    /// @param versions to bring back
    public void undelete(String path, Integer... versions) {
        call("POST", MOUNT + "/undelete/" + path, Map.of("versions", List.of(versions)));
    }

    /// @param path below the mount
    /// @param versions to destroy for good
    public void destroy(String path, Integer... versions) {
        call("POST", MOUNT + "/destroy/" + path, Map.of("versions", List.of(versions)));
    }

    /// Removes every version; the count then begins again.
    ///
    /// @param path below the mount
    public void deleteMetadata(String path) {
        call("DELETE", MOUNT + "/metadata/" + path, null);
    }

    /// Replaces the custom metadata.
    ///
    /// @param path below the mount
    /// @param fields such as `pinned_version`; none removes them all
    public void annotate(String path, Map<String, String> fields) {
        call("POST", MOUNT + "/metadata/" + path, Map.of("custom_metadata", fields));
    }

    // Logins

    /// @param name of the policy
    /// @param rules in HCL
    public void policy(String name, String rules) {
        call("PUT", "sys/policies/acl/" + name, Map.of("policy", rules));
    }

    /// Makes the policy that a pod needs for one environment.
    ///
    /// @param name of the policy
    /// @param path below the mount
    public void podPolicy(String name, String path) {
        policy(
                name,
                """
                path "%1$s/data/%2$s" { capabilities = ["read"] }
                path "%1$s/metadata/%2$s" { capabilities = ["read"] }
                """
                        .formatted(MOUNT, path));
    }

    /// @param policies what the token may do
    /// @return a new token
    public String token(String... policies) {
        return call("POST", "auth/token/create", Map.of("policies", List.of(policies)))
                .at("/auth/client_token")
                .asText();
    }

    /// @param token to make useless
    public void revoke(String token) {
        call("POST", "auth/token/revoke", Map.of("token", token));
    }

    /// @param type such as `approle`; mounted under the same name
    public void enableLogin(String type) {
        call("POST", "sys/auth/" + type, Map.of("type", type));
    }

    /// Any other call of the HTTP API, as root.
    ///
    /// @param method such as `POST`
    /// @param path below `/v1/`
    /// @param body made JSON; null for none
    /// @return the answer; an error status is thrown
    public JsonNode call(String method, String path, @Nullable Object body) {
        return call(rootToken, method, path, body);
    }

    /// The same with another login.
    ///
    /// @param token of the login
    /// @param method such as `POST`
    /// @param path below `/v1/`
    /// @param body made JSON; null for none
    /// @return the answer; an error status is thrown
    public JsonNode call(String token, String method, String path, @Nullable Object body) {
        try {
            var answer = send(token, method, path, body);
            if (answer.statusCode() >= 300) {
                throw new IllegalStateException(
                        method + " " + path + ": " + answer.statusCode() + " " + answer.body());
            }
            return answer.body().isEmpty() ? JSON.nullNode() : JSON.readTree(answer.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Every answered call of the HTTP API so far but those of this fixture, in their order. Only a
    /// server with its content on disk notes them.
    public List<Call> calls() {
        try (var lines = Files.lines(audit())) {
            return lines.map(OpenBaoServer::parse)
                    .filter(line -> line.path("type").asText().equals("response"))
                    .filter(line -> !line.at("/auth/display_name").asText().equals("root"))
                    .map(line ->
                            new Call(
                                    line.at("/request/operation").asText(),
                                    line.at("/request/path").asText(),
                                    line.has("error")))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path audit() {
        return directory.resolve("audit.log");
    }

    private static JsonNode parse(String line) {
        try {
            return JSON.readTree(line);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private HttpResponse<String> send(String method, String path, @Nullable Object body)
            throws IOException {
        return send(rootToken, method, path, body);
    }

    private HttpResponse<String> send(
            String token, String method, String path, @Nullable Object body) throws IOException {
        var content =
                body == null
                        ? HttpRequest.BodyPublishers.noBody()
                        : HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body));
        var request =
                HttpRequest.newBuilder(url().resolve("/v1/" + path))
                        .timeout(PATIENCE)
                        .header("X-Vault-Token", token)
                        .header(
                                "Content-Type",
                                method.equals("PATCH")
                                        ? "application/merge-patch+json"
                                        : "application/json")
                        .method(method, content)
                        .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private List<String> command() throws IOException {
        var binary = OpenBaoBinary.find().toString();
        if (!persistent) {
            return List.of(
                    binary,
                    "server",
                    "-dev",
                    "-dev-no-store-token",
                    "-dev-listen-address=127.0.0.1:" + port);
        }
        var data = Files.createDirectories(directory.resolve("data"));
        var file = directory.resolve("server.hcl");
        // A single one has no rivals to wait for: 1 second until it leads instead of 9.
        Files.writeString(
                file,
                """
                storage "raft" { path = "%s" node_id = "one" performance_multiplier = 1 }
                listener "tcp" { address = "127.0.0.1:%d" %s }
                api_addr = "%s"
                cluster_addr = "https://127.0.0.1:%d"
                audit "file" "calls" { options { file_path = "%s" } }
                """
                        .formatted(
                                data,
                                port,
                                tls == null ? "tls_disable = true" : tls.listener(),
                                url(),
                                FreePort.find(),
                                audit()));
        return List.of(binary, "server", "-config=" + file);
    }

    private void initialise() {
        var keys = call("PUT", "sys/init", Map.of("secret_shares", 1, "secret_threshold", 1));
        rootToken = keys.at("/root_token").asText();
        unsealKey = keys.at("/keys_base64/0").asText();
        unseal();
    }

    private static String printedKey(Path log) throws IOException {
        var match = DEV_UNSEAL_KEY.matcher(Files.readString(log));
        return match.find() ? match.group(1) : "";
    }

    private boolean listens() {
        try {
            return send("GET", "sys/health", null).statusCode() > 0;
        } catch (IOException e) {
            return false;
        }
    }

    private boolean answers(int status) throws IOException {
        return send("GET", "sys/health", null).statusCode() == status;
    }

    private void end(boolean forcibly) {
        var running = process;
        if (running == null) {
            return;
        }
        var ended = forcibly ? running.destroyForcibly() : terminated(running);
        try {
            if (!ended.waitFor(10, TimeUnit.SECONDS)) {
                ended.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process = null;
    }

    private static Process terminated(Process process) {
        process.destroy();
        return process;
    }

    /// A call that the server answered.
    ///
    /// @param operation such as `read` or `update`
    /// @param path below `/v1/`
    /// @param refused whether the answer was an error
    public record Call(String operation, String path, boolean refused) {}

    private record Tls(Path certificate, Path key, Path authority) {

        String listener() {
            return "tls_cert_file = \"%s\" tls_key_file = \"%s\"".formatted(certificate, key);
        }

        SSLContext context() {
            try (var in = Files.newInputStream(authority)) {
                var store = KeyStore.getInstance(KeyStore.getDefaultType());
                store.load(null, null);
                store.setCertificateEntry(
                        "authority",
                        CertificateFactory.getInstance("X.509").generateCertificate(in));
                var trust =
                        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
                trust.init(store);
                var context = SSLContext.getInstance("TLS");
                context.init(null, trust.getTrustManagers(), null);
                return context;
            } catch (IOException | GeneralSecurityException e) {
                throw new IllegalStateException("cannot trust " + authority, e);
            }
        }
    }
}
