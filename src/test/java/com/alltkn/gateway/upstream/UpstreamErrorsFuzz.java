package com.alltkn.gateway.upstream;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.error.ErrorShape;
import com.alltkn.gateway.openai.ErrorEnvelope;
import com.alltkn.gateway.secret.Secret;
import com.alltkn.gateway.secret.SecretMask;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.MultiMap;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/// Whatever upstream answers comes to one error of the table, whose envelope is valid JSON and
/// shows neither the key nor what looks like one.
///
/// An input is the status on the first line, headers on the next, an empty line and the body, in
/// which `@KEY@` stands for the key.
public final class UpstreamErrorsFuzz {

    private static final List<String> KEYS =
            List.of("sk-live-4c81d6f0a2b97e35", "lantern-orchard-77", "Zx81.Qp04_mN52~Kd9");
    private static final Pattern CREDENTIAL =
            Pattern.compile("(?<![A-Za-z0-9])sk-[A-Za-z0-9]{16}|(?i:\\bbearer [A-Za-z0-9_-]{16})");
    private static final List<String> HEADERS =
            List.of("retry-after", "retry-after-ms", "x-should-retry");
    private static final Clock CLOCK =
            Clock.fixed(Instant.parse("2026-01-01T00:00:00Z"), ZoneOffset.UTC);
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private UpstreamErrorsFuzz() {}

    /// Fails if something does not hold for these bytes.
    public static void check(byte[] input) {
        var key = KEYS.get(Math.floorMod(Arrays.hashCode(input), KEYS.size()));
        var text = new String(input, ISO_8859_1);
        var parts = text.split("\n\n", 2);
        var head = parts[0].split("\n", -1);
        var status = status(head[0]);
        var body = parts.length < 2 ? "" : parts[1].replace("@KEY@", key);

        var error =
                UpstreamErrors.of(
                        status,
                        headers(head),
                        body.getBytes(ISO_8859_1),
                        new SecretMask(Secret.of(key)),
                        CLOCK);

        for (var shape : List.of(ErrorShape.of(error), ErrorShape.of(error).triedEnough())) {
            checkShape(status, shape);
            var envelope =
                    new ErrorEnvelope(shape.message(), shape.type(), shape.param(), shape.code());
            var bytes = envelope.write("text", "req_1");
            checkEnvelope(bytes);
            assertThat(new String(bytes, UTF_8))
                    .doesNotContain(key)
                    .doesNotContainPattern(CREDENTIAL);
            var event = new String(envelope.event(), UTF_8);
            assertThat(event).startsWith("data: ").endsWith("\n\n");
            checkEnvelope(event.substring(6).getBytes(UTF_8));
            assertThat(event.strip()).doesNotContain("\n", "\r");
        }
    }

    private static void checkShape(int status, ErrorShape shape) {
        assertThat(shape.status()).isIn(status, 502, 503, 504);
        assertThat(shape.status()).isBetween(400, 599).isNotIn(401, 402, 403, 407);
        shape.retryAfter()
                .ifPresent(
                        wait -> assertThat(wait).isBetween(Duration.ZERO, Duration.ofMinutes(1)));
        if (status == 401 || status == 402 || status == 403) {
            assertThat(shape.code())
                    .isIn(
                            "upstream_credentials_exhausted",
                            "upstream_quota_exhausted",
                            "upstream_permission_denied");
            assertThat(shape.shouldRetry()).contains(false);
        }
    }

    private static void checkEnvelope(byte[] bytes) {
        JsonNode error;
        try {
            error = MAPPER.readTree(bytes).path("error");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        assertThat(error.path("message").isTextual()).isTrue();
        assertThat(error.path("type").isTextual()).isTrue();
        for (var name : List.of("param", "code")) {
            assertThat(error.path(name).isTextual() || error.path(name).isNull()).isTrue();
        }
    }

    private static int status(String line) {
        var digits = line.replaceAll("[^0-9]", "");
        var number =
                digits.isEmpty()
                        ? 0
                        : Integer.parseInt(digits.substring(0, Math.min(4, digits.length())));
        return number >= 300 && number < 600 ? number : 300 + number % 300;
    }

    private static MultiMap headers(String[] head) {
        var headers = MultiMap.caseInsensitiveMultiMap();
        for (var line : head) {
            var colon = line.indexOf(':');
            if (colon > 0
                    && HEADERS.contains(line.substring(0, colon))
                    && line.chars().noneMatch(c -> c < ' ' || c > '~')) {
                headers.add(line.substring(0, colon), line.substring(colon + 1));
            }
        }
        return headers;
    }
}
