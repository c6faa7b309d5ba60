package com.alltkn.gateway.event;

import com.alltkn.gateway.exchange.Settlement;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.SegmentedStringWriter;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// The record of one exchange: a JSON object on one line, with fields in a fixed order. Fields that
/// are unknown are left out; zero always means zero.
///
/// A line has ASCII only, for the encoding of a process' output is not the gateway's to choose, and
/// fewer than 4,096 bytes: so many the kernel puts into a pipe as a whole or not at all, so that
/// not even SIGKILL leaves half a line.
final class EventRecord {

    private static final JsonFactory JSON =
            JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    /// Longer texts, which only a caller or upstream can have made up, are cut.
    private static final int LONGEST_TEXT = 128;

    /// Upper bounds, so that latencies can be counted with nothing but a log.
    private static final List<Duration> BUCKETS =
            List.of(
                    Duration.ofMillis(100),
                    Duration.ofMillis(300),
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(3),
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(60));

    private EventRecord() {}

    /// Writes a record.
    ///
    /// @param settled what became of the exchange
    /// @param environment the environment's name
    /// @return one line, without its end
    static String of(Settlement settled, String environment) {
        try (var text = new SegmentedStringWriter(JSON._getBufferRecycler());
                var json = JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("time", settled.startedAt().toString());
            json.writeStringField("environment", environment);
            json.writeStringField("request_id", settled.requestId());
            write(json, "caller", settled.caller());
            json.writeStringField("route", settled.route());
            json.writeStringField("type", settled.type());
            json.writeBooleanField("stream", settled.streamed());
            write(json, "model_asked", settled.modelAsked());
            write(json, "model", settled.modelUsed());
            json.writeNumberField("status", settled.status());
            json.writeStringField("outcome", settled.ending().name().toLowerCase(Locale.ROOT));
            write(json, "error", settled.error());
            write(json, "failure", settled.failure());
            json.writeNumberField("latency_ms", settled.latency().toMillis());
            json.writeStringField("latency_bucket", bucket(settled.latency()));
            if (settled.timeToFirstByte().isPresent()) {
                json.writeNumberField("first_byte_ms", settled.timeToFirstByte().get().toMillis());
            }
            json.writeNumberField("attempts", settled.effort().attempts());
            if (settled.usage().isPresent()) {
                json.writeNumberField("input_tokens", settled.usage().get().inputTokens());
                json.writeNumberField("output_tokens", settled.usage().get().outputTokens());
            }
            if (settled.ownShare()) {
                json.writeStringField("limits", "own_share");
            }
            if (settled.revision().isPresent()) {
                json.writeNumberField("revision", settled.revision().getAsLong());
            }
            write(json, "key_id", settled.keyId().map(id -> id.value()));
            write(json, "upstream_request_id", settled.upstreamRequestId());
            json.writeNumberField("bytes_in", settled.bytesIn());
            json.writeNumberField("bytes_out", settled.bytesOut());
            json.writeEndObject();
            json.flush();
            return text.getAndClear();
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory cannot fail", e);
        }
    }

    private static void write(JsonGenerator json, String name, Optional<String> value)
            throws IOException {
        if (value.isPresent()) {
            json.writeStringField(name, cut(value.get()));
        }
    }

    private static String cut(String text) {
        if (text.length() <= LONGEST_TEXT) {
            return text;
        }
        var end = LONGEST_TEXT;
        return text.substring(0, Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end);
    }

    private static String bucket(Duration latency) {
        for (var bound : BUCKETS) {
            if (latency.compareTo(bound) <= 0) {
                return "le_"
                        + (bound.toMillis() < 1000
                                ? bound.toMillis() + "ms"
                                : bound.toSeconds() + "s");
            }
        }
        return "gt_60s";
    }
}
