package com.alltkn.gateway.sandbox;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;

/// What is sent back, before it is decided how well or badly it is delivered.
sealed interface Answer {

    /// A JSON answer of status 200.
    static Answer json(JsonObject body) {
        return new Body(200, "application/json", body.toBuffer(), Map.of());
    }

    /// A binary answer of status 200.
    static Answer bytes(String contentType, Buffer body) {
        return new Body(200, contentType, body, Map.of());
    }

    /// One whole body.
    record Body(int status, String contentType, Buffer content, Map<String, String> headers)
            implements Answer {

        public Body {
            headers = Map.copyOf(headers);
        }
    }

    /// Server-sent events, each the text of one frame up to its blank line.
    record Events(List<String> frames) implements Answer {

        public Events {
            frames = List.copyOf(frames);
        }
    }
}
