package com.alltkn.gateway.sandbox;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/// Answers `audio/speech`, `audio/transcriptions`, `images/generations` and `moderations`.
final class MediaAnswers {

    /// A quarter of a second of silence: 8 kHz, mono, 8 bit.
    private static final int SAMPLES = 2000;

    /// A PNG of one grey pixel.
    private static final String PIXEL =
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4"
                    + "nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==";

    private static final String[] CATEGORIES = {
        "harassment", "hate", "illicit", "self-harm", "sexual", "violence"
    };

    private final Stamp stamp;

    MediaAnswers(Stamp stamp) {
        this.stamp = stamp;
    }

    /// A WAV file, whatever format was asked for.
    Answer speech(JsonObject request) {
        if (request.getString("input", "").isBlank()) {
            return Trouble.badRequest("'input' must not be empty.", "input");
        }
        Buffer wav =
                Buffer.buffer()
                        .appendString("RIFF")
                        .appendIntLE(36 + SAMPLES)
                        .appendString("WAVEfmt ")
                        .appendIntLE(16)
                        .appendShortLE((short) 1)
                        .appendShortLE((short) 1)
                        .appendIntLE(8000)
                        .appendIntLE(8000)
                        .appendShortLE((short) 1)
                        .appendShortLE((short) 8)
                        .appendString("data")
                        .appendIntLE(SAMPLES);
        for (int i = 0; i < SAMPLES; i++) {
            wav.appendByte((byte) 0x80);
        }
        return Answer.bytes("audio/wav", wav);
    }

    /// A sentence about the file, as JSON or as plain text.
    Answer transcription(MultiMap form, String fileName, int fileSize) {
        String text =
                "Hello from the ALLTKN sandbox. I received "
                        + fileName
                        + " of "
                        + fileSize
                        + " bytes and did not listen to it.";
        return "text".equals(form.get("response_format"))
                ? Answer.bytes("text/plain; charset=utf-8", Buffer.buffer(text + "\n"))
                : Answer.json(new JsonObject().put("text", text));
    }

    Answer image(JsonObject request) {
        if (request.getString("prompt", "").isBlank()) {
            return Trouble.badRequest("'prompt' must not be empty.", "prompt");
        }
        var data = new JsonArray();
        int count = Math.clamp(request.getInteger("n", 1), 1, 10);
        for (int i = 0; i < count; i++) {
            data.add(new JsonObject().put("b64_json", PIXEL));
        }
        return Answer.json(new JsonObject().put("created", stamp.created()).put("data", data));
    }

    /// Flags whatever contains the word "violence".
    Answer moderation(String model, JsonObject request) {
        var results = new JsonArray();
        Object input = request.getValue("input");
        for (Object item : input instanceof JsonArray items ? items : JsonArray.of(input)) {
            String text =
                    item instanceof JsonObject part
                            ? part.getString("text", "")
                            : String.valueOf(item);
            boolean flagged = Wording.words(text).contains("violence");
            var categories = new JsonObject();
            var scores = new JsonObject();
            for (String category : CATEGORIES) {
                boolean hit = flagged && "violence".equals(category);
                categories.put(category, hit);
                scores.put(category, hit ? 0.97 : 0.0001);
            }
            results.add(
                    new JsonObject()
                            .put("flagged", flagged)
                            .put("categories", categories)
                            .put("category_scores", scores));
        }
        return Answer.json(
                new JsonObject()
                        .put("id", stamp.id("modr-"))
                        .put("model", model)
                        .put("results", results));
    }
}
