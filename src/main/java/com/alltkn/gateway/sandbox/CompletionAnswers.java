package com.alltkn.gateway.sandbox;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Answers the older `completions`, plain and streamed.
final class CompletionAnswers {

    private final Stamp stamp;

    CompletionAnswers(Stamp stamp) {
        this.stamp = stamp;
    }

    Answer answer(String model, JsonObject request) {
        String prompt = Wording.text(request.getValue("prompt"));
        Draft draft =
                Draft.of(
                        model,
                        Wording.tokens(prompt),
                        prompt,
                        Wording.reply(prompt),
                        request.getInteger("max_tokens"));
        String id = stamp.id("cmpl-");
        String end = draft.cut() ? "length" : "stop";
        var usage =
                new JsonObject()
                        .put("prompt_tokens", draft.inputTokens())
                        .put("completion_tokens", draft.outputTokens())
                        .put("total_tokens", draft.inputTokens() + draft.outputTokens());
        if (!Boolean.TRUE.equals(request.getValue("stream"))) {
            return Answer.json(completion(id, model, draft.text(), end).put("usage", usage));
        }
        List<String> frames = new ArrayList<>();
        for (String piece : draft.content()) {
            frames.add(Frames.data(completion(id, model, piece, null)));
        }
        frames.add(Frames.data(completion(id, model, "", end)));
        if (request.getJsonObject("stream_options", new JsonObject())
                .getBoolean("include_usage", false)) {
            frames.add(
                    Frames.data(
                            completion(id, model, "", end)
                                    .put("choices", new JsonArray())
                                    .put("usage", usage)));
        }
        frames.add(Frames.DONE);
        return new Answer.Events(frames);
    }

    private JsonObject completion(
            String id, String model, String text, @Nullable String finishReason) {
        return new JsonObject()
                .put("id", id)
                .put("object", "text_completion")
                .put("created", stamp.created())
                .put("model", model)
                .put(
                        "choices",
                        JsonArray.of(
                                new JsonObject()
                                        .put("text", text)
                                        .put("index", 0)
                                        .put("logprobs", null)
                                        .put("finish_reason", finishReason)));
    }
}
