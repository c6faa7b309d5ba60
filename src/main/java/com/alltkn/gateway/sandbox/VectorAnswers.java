package com.alltkn.gateway.sandbox;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;

/// Answers `embeddings` and `rerank` with vectors that depend on nothing but the text.
final class VectorAnswers {

    /// As long as those of a small real model, unless the caller asks for another length.
    private static final int DIMENSIONS = 1536;

    private final Stamp stamp;

    VectorAnswers(Stamp stamp) {
        this.stamp = stamp;
    }

    /// Each input's unit vector, as numbers or as base64 of little-endian floats.
    Answer embeddings(String model, JsonObject request) {
        List<String> inputs = strings(request.getValue("input"));
        if (inputs.isEmpty()) {
            return Trouble.badRequest("'input' must not be empty.", "input");
        }
        int dimensions = request.getInteger("dimensions", DIMENSIONS);
        if (dimensions < 1 || dimensions > 8192) {
            return Trouble.badRequest("'dimensions' must be between 1 and 8192.", "dimensions");
        }
        boolean base64 = "base64".equals(request.getString("encoding_format"));
        var data = new JsonArray();
        int tokens = 0;
        for (String input : inputs) {
            float[] vector = unitVector(input, dimensions);
            data.add(
                    new JsonObject()
                            .put("object", "embedding")
                            .put("index", data.size())
                            .put("embedding", base64 ? base64(vector) : numbers(vector)));
            tokens += Wording.tokens(input);
        }
        return Answer.json(
                new JsonObject()
                        .put("object", "list")
                        .put("data", data)
                        .put("model", model)
                        .put(
                                "usage",
                                new JsonObject()
                                        .put("prompt_tokens", tokens)
                                        .put("total_tokens", tokens)));
    }

    /// The documents, best first; the score is the share of the query's words that are in one.
    Answer rerank(String model, JsonObject request) {
        String query = request.getString("query", "");
        List<String> documents = strings(request.getValue("documents"));
        if (query.isBlank() || documents.isEmpty()) {
            return Trouble.badRequest("'query' and 'documents' must not be empty.", "documents");
        }
        List<JsonObject> results = new ArrayList<>();
        int tokens = Wording.tokens(query);
        for (int i = 0; i < documents.size(); i++) {
            results.add(
                    new JsonObject()
                            .put("index", i)
                            .put("relevance_score", score(query, documents.get(i)))
                            .put("document", new JsonObject().put("text", documents.get(i))));
            tokens += Wording.tokens(documents.get(i));
        }
        results.sort(
                Comparator.comparing((JsonObject result) -> result.getDouble("relevance_score"))
                        .reversed());
        int top = Math.clamp(request.getInteger("top_n", results.size()), 0, results.size());
        return Answer.json(
                new JsonObject()
                        .put("id", stamp.id("rerank-"))
                        .put("model", model)
                        .put("results", new JsonArray(results.subList(0, top)))
                        .put("usage", new JsonObject().put("total_tokens", tokens)));
    }

    private static float[] unitVector(String text, int dimensions) {
        long seed = 1125899906842597L;
        for (int i = 0; i < text.length(); i++) {
            seed = 31 * seed + text.charAt(i);
        }
        var random = new SplittableRandom(seed);
        double[] values = new double[dimensions];
        double square = 0;
        for (int i = 0; i < dimensions; i++) {
            values[i] = random.nextDouble(-1, 1);
            square += values[i] * values[i];
        }
        double length = Math.sqrt(square);
        float[] vector = new float[dimensions];
        for (int i = 0; i < dimensions; i++) {
            vector[i] = (float) (values[i] / length);
        }
        return vector;
    }

    private static JsonArray numbers(float[] vector) {
        var numbers = new JsonArray();
        for (float value : vector) {
            numbers.add(value);
        }
        return numbers;
    }

    private static String base64(float[] vector) {
        ByteBuffer bytes =
                ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : vector) {
            bytes.putFloat(value);
        }
        return Base64.getEncoder().encodeToString(bytes.array());
    }

    private static double score(String query, String document) {
        List<String> words = Wording.words(query);
        List<String> found = Wording.words(document);
        long hits = words.stream().filter(found::contains).count();
        return words.isEmpty() ? 0 : Math.round(1000.0 * hits / words.size()) / 1000.0;
    }

    /// One string, an array of strings or of objects with a `text`, or tokens as numbers.
    private static List<String> strings(Object value) {
        if (value instanceof String text) {
            return text.isEmpty() ? List.of() : List.of(text);
        }
        List<String> strings = new ArrayList<>();
        if (value instanceof JsonArray array) {
            if (!array.isEmpty() && array.getValue(0) instanceof Number) {
                return List.of(array.encode());
            }
            for (Object item : array) {
                strings.add(
                        item instanceof JsonObject object
                                ? object.getString("text", "")
                                : String.valueOf(item));
            }
        }
        return strings;
    }
}
