package com.alltkn.gateway.caller;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;

/// Reads an issuer's keys over HTTP: where the configuration says, or where the issuer itself says
/// in `.well-known/openid-configuration`. Blocks.
final class IssuerClient implements KeySets.Source {

    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final long LONGEST_ANSWER = 1024 * 1024;
    private static final ObjectMapper JSON = new ObjectMapper();

    /// The type of keys (RFC 7517, section 8.5.2) and that of descriptions. Kubernetes has keys as
    /// the first alone and descriptions as the second alone, and refuses whoever takes only the
    /// other with 406.
    private static final String ACCEPT = "application/jwk-set+json, application/json";

    private final TokensConfig config;
    private final HttpClient http;

    /// @param config who the issuer is
    /// @param tls whom to trust; empty for the platform's authorities
    IssuerClient(TokensConfig config, Optional<SSLContext> tls) {
        this.config = config;
        var builder =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(DEADLINE)
                        .followRedirects(HttpClient.Redirect.NEVER);
        tls.ifPresent(builder::sslContext);
        this.http = builder.build();
    }

    @Override
    public byte[] read() throws IOException, InterruptedException {
        var url = config.jwksUrl();
        return get(url.isPresent() ? url.get() : discover());
    }

    private URI discover() throws IOException, InterruptedException {
        var issuer = config.issuer().orElseThrow();
        var base = issuer.endsWith("/") ? issuer : issuer + "/";
        try {
            var described =
                    JSON.readTree(get(URI.create(base + ".well-known/openid-configuration")));
            if (!described.path("issuer").asText().equals(issuer)) {
                throw new IOException("the issuer says that it is another");
            }
            var keys = URI.create(described.path("jwks_uri").asText());
            // As safe as the way to the issuer, which the start was held to.
            if (!"https".equals(keys.getScheme())
                    && !URI.create(issuer).getScheme().equals(keys.getScheme())) {
                throw new IOException("the issuer's jwks_uri is no http address");
            }
            return keys;
        } catch (JacksonException | IllegalArgumentException e) {
            throw new IOException("the issuer's description is no JSON with a jwks_uri");
        }
    }

    private byte[] get(URI url) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(url).header("accept", ACCEPT);
        if (config.bearerFile().isPresent()) {
            request.header("authorization", "Bearer " + bearer());
        }
        var answering =
                http.sendAsync(
                        request.build(),
                        BodyHandlers.limiting(BodyHandlers.ofByteArray(), LONGEST_ANSWER));
        try {
            var answer = answering.get(DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
            if (answer.statusCode() != 200) {
                throw new IOException("%s answered %d".formatted(url, answer.statusCode()));
            }
            return answer.body();
        } catch (ExecutionException e) {
            var cause = e.getCause() == null ? e : e.getCause();
            throw new IOException(
                    "%s did not answer (%s)".formatted(url, cause.getClass().getSimpleName()));
        } catch (TimeoutException e) {
            throw new IOException("%s did not answer in time".formatted(url));
        } finally {
            answering.cancel(true);
        }
    }

    private String bearer() throws IOException {
        var file = config.bearerFile().orElseThrow();
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new IOException(
                    "%s cannot be read (%s)".formatted(file, e.getClass().getSimpleName()));
        }
    }
}
