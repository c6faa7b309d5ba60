package com.alltkn.gateway.laboratory;

import com.alltkn.gateway.exchange.Settlement;
import com.alltkn.gateway.exchange.Settlement.Ending;
import com.alltkn.gateway.openai.Usage;
import com.alltkn.gateway.secret.KeyId;
import com.alltkn.gateway.secret.Secret;
import com.alltkn.gateway.upstream.Effort;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/// What became of exchanges that never were.
public final class Settlements {

    /// The id of the key that [#answered()] was carried with.
    public static final KeyId KEY_ID = KeyId.of(Secret.of("test-key-1"));

    /// When all of them began.
    public static final Instant STARTED = Instant.parse("2026-11-24T10:00:00.123Z");

    private Settlements() {}

    /// A streamed chat that was answered, with everything known.
    public static Settlement answered() {
        return answered(STARTED, "deepseek-chat", "chat", Duration.ofMillis(1234));
    }

    /// The same for another time, model, type and latency.
    public static Settlement answered(
            Instant startedAt, String model, String type, Duration latency) {
        return new Settlement(
                startedAt,
                "req_1",
                Optional.of("plain"),
                "chat/completions",
                type,
                true,
                Optional.of("asked-model"),
                Optional.of(model),
                200,
                Ending.ANSWERED,
                Optional.empty(),
                Optional.empty(),
                latency,
                Optional.of(Duration.ofMillis(321)),
                new Effort(1, 0, 0),
                Optional.of(new Usage(5, 7)),
                false,
                OptionalLong.of(3),
                Optional.of(MadeUpRevision.number(3).contentId()),
                Optional.of(KEY_ID),
                Optional.of("up-1"),
                100,
                2000,
                Optional.of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
    }

    /// The same, but for how it ended.
    public static Settlement ended(Ending ending, Optional<String> error) {
        var answered = answered();
        return new Settlement(
                answered.startedAt(),
                answered.requestId(),
                answered.caller(),
                answered.route(),
                answered.type(),
                answered.streamed(),
                answered.modelAsked(),
                answered.modelUsed(),
                502,
                ending,
                error,
                error,
                answered.latency(),
                answered.timeToFirstByte(),
                answered.effort(),
                answered.usage(),
                answered.ownShare(),
                answered.revision(),
                answered.content(),
                answered.keyId(),
                answered.upstreamRequestId(),
                answered.bytesIn(),
                answered.bytesOut(),
                answered.traceParent());
    }

    /// A request without a valid credential: as little as can be known.
    public static Settlement refused() {
        return new Settlement(
                STARTED,
                "req_2",
                Optional.empty(),
                "unknown",
                "unknown",
                false,
                Optional.empty(),
                Optional.empty(),
                401,
                Ending.REFUSED,
                Optional.of("invalid_api_key"),
                Optional.of("no_caller"),
                Duration.ofMillis(1),
                Optional.empty(),
                Effort.NONE,
                Optional.empty(),
                false,
                OptionalLong.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                0,
                150,
                Optional.empty());
    }
}
