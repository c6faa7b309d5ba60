package com.alltkn.gateway.sandbox;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/// Answers `responses` with one message, plain and as a stream of typed events.
final class ResponseAnswers {

    private final Stamp stamp;

    ResponseAnswers(Stamp stamp) {
        this.stamp = stamp;
    }

    Answer answer(String model, JsonObject request) {
        String user = lastInput(request.getValue("input"));
        int inputTokens =
                Wording.tokens(request.getString("instructions", ""))
                        + (request.getValue("input") instanceof JsonArray messages
                                ? Wording.promptTokens(messages)
                                : Wording.tokens(user));
        Draft draft =
                Draft.of(
                        model,
                        inputTokens,
                        user,
                        Wording.reply(user),
                        request.getInteger("max_output_tokens"));
        JsonObject started = started(request, draft);
        String messageId = stamp.id("msg_");
        JsonObject finished = finished(started, draft, messageId);
        return Boolean.TRUE.equals(request.getValue("stream"))
                ? events(started, finished, draft, messageId)
                : Answer.json(finished);
    }

    private static Answer events(
            JsonObject started, JsonObject finished, Draft draft, String messageId) {
        List<JsonObject> events = new ArrayList<>();
        events.add(event("response.created").put("response", started));
        events.add(event("response.in_progress").put("response", started));
        var empty = message(messageId, "in_progress").put("content", new JsonArray());
        events.add(event("response.output_item.added").put("output_index", 0).put("item", empty));
        events.add(part("response.content_part.added", messageId).put("part", outputText("")));
        for (String piece : draft.content()) {
            events.add(
                    part("response.output_text.delta", messageId)
                            .put("delta", piece)
                            .put("logprobs", new JsonArray()));
        }
        events.add(
                part("response.output_text.done", messageId)
                        .put("text", draft.text())
                        .put("logprobs", new JsonArray()));
        events.add(
                part("response.content_part.done", messageId)
                        .put("part", outputText(draft.text())));
        events.add(
                event("response.output_item.done")
                        .put("output_index", 0)
                        .put("item", finished.getJsonArray("output").getJsonObject(0)));
        events.add(event("response." + finished.getString("status")).put("response", finished));
        List<String> frames = new ArrayList<>();
        for (JsonObject event : events) {
            frames.add(Frames.typed(event.put("sequence_number", frames.size())));
        }
        return new Answer.Events(frames);
    }

    private JsonObject started(JsonObject request, Draft draft) {
        return new JsonObject()
                .put("id", stamp.id("resp_"))
                .put("object", "response")
                .put("created_at", stamp.created())
                .put("status", "in_progress")
                .put("error", null)
                .put("incomplete_details", null)
                .put("instructions", request.getString("instructions"))
                .put("max_output_tokens", request.getInteger("max_output_tokens"))
                .put("model", draft.model())
                .put("output", new JsonArray())
                .put("parallel_tool_calls", true)
                .put("previous_response_id", null)
                .put("store", false)
                .put("temperature", request.getDouble("temperature", 1.0))
                .put("text", new JsonObject().put("format", new JsonObject().put("type", "text")))
                .put("tool_choice", "auto")
                .put("tools", new JsonArray())
                .put("top_p", request.getDouble("top_p", 1.0))
                .put("truncation", "disabled")
                .put("usage", null)
                .put("metadata", request.getJsonObject("metadata", new JsonObject()));
    }

    private static JsonObject finished(JsonObject started, Draft draft, String messageId) {
        String status = draft.cut() ? "incomplete" : "completed";
        JsonObject message =
                message(messageId, status).put("content", JsonArray.of(outputText(draft.text())));
        JsonObject finished =
                started.copy()
                        .put("status", status)
                        .put("output", JsonArray.of(message))
                        .put("usage", usage(draft));
        return draft.cut()
                ? finished.put(
                        "incomplete_details", new JsonObject().put("reason", "max_output_tokens"))
                : finished;
    }

    private static JsonObject usage(Draft draft) {
        return new JsonObject()
                .put("input_tokens", draft.inputTokens())
                .put("input_tokens_details", new JsonObject().put("cached_tokens", 0))
                .put("output_tokens", draft.outputTokens())
                .put(
                        "output_tokens_details",
                        new JsonObject().put("reasoning_tokens", draft.reasoning().size()))
                .put("total_tokens", draft.inputTokens() + draft.outputTokens());
    }

    private static JsonObject event(String type) {
        return new JsonObject().put("type", type);
    }

    private static JsonObject part(String type, String messageId) {
        return event(type).put("item_id", messageId).put("output_index", 0).put("content_index", 0);
    }

    private static JsonObject message(String id, String status) {
        return new JsonObject()
                .put("id", id)
                .put("type", "message")
                .put("status", status)
                .put("role", "assistant");
    }

    private static JsonObject outputText(String text) {
        return new JsonObject()
                .put("type", "output_text")
                .put("text", text)
                .put("annotations", new JsonArray());
    }

    private static String lastInput(Object input) {
        if (input instanceof JsonArray items && !items.isEmpty()) {
            return items.getValue(items.size() - 1) instanceof JsonObject item
                    ? Wording.text(item.getValue("content"))
                    : "";
        }
        return Wording.text(input);
    }
}
