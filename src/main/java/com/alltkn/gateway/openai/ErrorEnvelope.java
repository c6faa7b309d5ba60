package com.alltkn.gateway.openai;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The error that OpenAI clients understand. Read from whatever upstreams send, written as the API
/// defines it.
///
/// @param message what happened
/// @param type the kind, such as `invalid_request_error`
/// @param param the request's field at fault
/// @param code a fixed word for programs
public record ErrorEnvelope(
        String message, String type, @Nullable String param, @Nullable String code) {
    /// Used where an upstream sends no type; clients take it for "not your fault, not known more
    /// closely".
    private static final String UNKNOWN_TYPE = "api_error";

    /// Errors are short; a longer text is a page or an attack.
    private static final int MAX_BODY = 64 * 1024;

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final JsonFactory FACTORY = MAPPER.getFactory();
    private static final byte[] EVENT_START = "data: ".getBytes(US_ASCII);
    private static final byte[] EVENT_END = "\n\n".getBytes(US_ASCII);

    /// Reads an upstream's error: the envelope with or without all its fields, `error` as a text, a
    /// bare object with `message` or `detail`, or any of these in an array, and so is what they
    /// hold; of several the first counts. The texts are the upstream's own and not yet scrubbed.
    ///
    /// @param body the answer's bytes
    /// @return empty if no message, type or code can be made out
    public static Optional<ErrorEnvelope> read(byte[] body) {
        if (body.length > MAX_BODY) {
            return Optional.empty();
        }
        try {
            var root = MAPPER.readTree(body);
            return root == null ? Optional.empty() : read(root);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /// The envelope as JSON, with all four keys always.
    ///
    /// @param userMessage a text that a product can show; left out if null
    /// @param requestId the exchange's id; left out if null
    public byte[] write(@Nullable String userMessage, @Nullable String requestId) {
        var bytes = new ByteArrayOutputStream(512);
        writeTo(bytes, userMessage, requestId);
        return bytes.toByteArray();
    }

    /// The envelope as an event of a stream that had already begun.
    ///
    /// @param userMessage a text that a product can show; left out if null
    /// @param requestId the exchange's id; left out if null
    public byte[] event(@Nullable String userMessage, @Nullable String requestId) {
        var bytes = new ByteArrayOutputStream(512);
        bytes.writeBytes(EVENT_START);
        writeTo(bytes, userMessage, requestId);
        bytes.writeBytes(EVENT_END);
        return bytes.toByteArray();
    }

    /// The envelope as an event, with the four keys alone.
    public byte[] event() {
        return event(null, null);
    }

    private static Optional<ErrorEnvelope> read(JsonNode root) {
        var outer = first(root);
        var error = first(outer.path("error"));
        if (error.isTextual()) {
            return of(error, outer);
        }
        var fields = error.isObject() ? error : outer;
        var message = fields.path("message");
        if (message.isTextual()) {
            return of(message, fields);
        }
        var detail = first(fields.path("detail"));
        return of(detail.isObject() ? detail.path("msg") : detail, fields);
    }

    private static JsonNode first(JsonNode node) {
        return node.isArray() && !node.isEmpty() ? node.get(0) : node;
    }

    private static Optional<ErrorEnvelope> of(JsonNode message, JsonNode fields) {
        var text = text(message);
        var type = text(fields.path("type"));
        var code = text(fields.path("code"));
        if (text == null && type == null && code == null) {
            return Optional.empty();
        }
        return Optional.of(
                new ErrorEnvelope(
                        text == null ? "the upstream gave no message" : text,
                        type == null ? UNKNOWN_TYPE : type,
                        text(fields.path("param")),
                        code));
    }

    /// The text of a string, a number or a boolean; null of anything else and of an empty string.
    private static @Nullable String text(JsonNode node) {
        return node.isValueNode() && !node.isNull() && !node.asText().isEmpty()
                ? node.asText()
                : null;
    }

    private void writeTo(
            ByteArrayOutputStream bytes, @Nullable String userMessage, @Nullable String requestId) {
        try (var json = FACTORY.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeObjectFieldStart("error");
            json.writeStringField("message", message);
            json.writeStringField("type", type);
            writeNullable(json, "param", param);
            writeNullable(json, "code", code);
            if (userMessage != null) {
                json.writeStringField("user_message", userMessage);
            }
            if (requestId != null) {
                json.writeStringField("request_id", requestId);
            }
            json.writeEndObject();
            json.writeEndObject();
        } catch (IOException e) {
            // Nothing is written to but memory.
            throw new UncheckedIOException(e);
        }
    }

    private static void writeNullable(JsonGenerator json, String name, @Nullable String value)
            throws IOException {
        if (value == null) {
            json.writeNullField(name);
        } else {
            json.writeStringField(name, value);
        }
    }
}
