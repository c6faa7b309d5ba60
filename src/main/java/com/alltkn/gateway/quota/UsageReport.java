package com.alltkn.gateway.quota;

import com.alltkn.gateway.caller.Caller;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;

/// What a caller is told of its own limits and consumption, as JSON. What is not limited is left
/// out, but for what it has used.
public final class UsageReport {

    private static final JsonFactory JSON = new JsonFactory();

    private UsageReport() {}

    /// Writes the report.
    ///
    /// @param caller who asks
    /// @param standing where it stands
    /// @return UTF-8
    public static byte[] of(Caller caller, Standing standing) {
        var bytes = new ByteArrayOutputStream();
        try (var json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeStringField("object", "usage");
            json.writeStringField("caller", caller.id());
            rate(json, "requests_per_minute", standing.requests());
            rate(json, "tokens_per_minute", standing.tokens());
            used(json, "concurrent", caller.limits().concurrent(), standing.concurrent());
            used(json, "daily_tokens", caller.budget().dailyTokens(), standing.daily());
            used(json, "monthly_tokens", caller.budget().monthlyTokens(), standing.monthly());
            json.writeEndObject();
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory cannot fail", e);
        }
        return bytes.toByteArray();
    }

    private static void rate(JsonGenerator json, String name, Optional<Standing.Rate> rate)
            throws IOException {
        if (rate.isEmpty()) {
            return;
        }
        json.writeObjectFieldStart(name);
        json.writeNumberField("limit", rate.get().limit());
        json.writeNumberField("remaining", rate.get().remaining());
        json.writeNumberField("reset_ms", rate.get().reset().toMillis());
        json.writeEndObject();
    }

    private static void used(JsonGenerator json, String name, OptionalLong limit, long used)
            throws IOException {
        json.writeObjectFieldStart(name);
        if (limit.isPresent()) {
            json.writeNumberField("limit", limit.getAsLong());
        }
        json.writeNumberField("used", used);
        json.writeEndObject();
    }
}
