package com.alltkn.gateway.sandbox;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The models that the sandbox knows.
final class Catalog {

    /// 2025-01-01, so that lists are the same at every start.
    private static final long CREATED = 1_735_689_600;

    private static final List<String> MODELS =
            List.of(
                    "deepseek-chat",
                    "deepseek-reasoner",
                    "qwen-plus",
                    "vendor/Model-X:free",
                    "text-embedding-3-small",
                    "omni-moderation-latest",
                    "tts-1",
                    "whisper-1",
                    "gpt-image-1",
                    "rerank-v1");

    private Catalog() {}

    /// Whether a request may name this model, the ones that make trouble included.
    static boolean has(String model) {
        return MODELS.contains(model) || Trouble.MODELS.contains(model);
    }

    /// The answer of `GET models`.
    static JsonObject list() {
        var data = new JsonArray();
        Stream.concat(MODELS.stream(), Trouble.MODELS.stream())
                .map(Catalog::describe)
                .forEach(data::add);
        return new JsonObject().put("object", "list").put("data", data);
    }

    /// The answer of `GET models/{id}`.
    static Optional<JsonObject> find(String model) {
        return has(model) ? Optional.of(describe(model)) : Optional.empty();
    }

    private static JsonObject describe(String model) {
        int slash = model.indexOf('/');
        String owner =
                model.startsWith("sandbox-")
                        ? "sandbox"
                        : slash > 0 ? model.substring(0, slash) : "alltkn";
        return new JsonObject()
                .put("id", model)
                .put("object", "model")
                .put("created", CREATED)
                .put("owned_by", owner);
    }
}
