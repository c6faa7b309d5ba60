package com.alltkn.gateway.sandbox;

import io.vertx.core.json.JsonObject;

/// The text of server-sent events.
final class Frames {

    /// The end of a stream of chunks.
    static final String DONE = "data: [DONE]\n\n";

    private Frames() {}

    /// An event without a name.
    static String data(JsonObject data) {
        return "data: " + data.encode() + "\n\n";
    }

    /// An event whose name is the `type` inside it.
    static String typed(JsonObject data) {
        return "event: " + data.getString("type") + "\n" + data(data);
    }
}
