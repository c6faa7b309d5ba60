package com.alltkn.gateway.sandbox;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Answers `chat/completions`, plain and streamed, with text or a call of the caller's first tool.
final class ChatAnswers {

    private final Stamp stamp;

    ChatAnswers(Stamp stamp) {
        this.stamp = stamp;
    }

    Answer answer(String model, JsonObject request) {
        if (!(request.getValue("messages") instanceof JsonArray messages) || messages.isEmpty()) {
            return Trouble.badRequest(
                    "'messages' must be an array of at least one message.", "messages");
        }
        boolean streamed = Boolean.TRUE.equals(request.getValue("stream"));
        JsonObject tool = chosenTool(request, messages);
        if (tool != null) {
            return callTool(model, messages, tool, streamed, wantsUsage(request));
        }
        Draft draft =
                Draft.of(
                        model,
                        Wording.promptTokens(messages),
                        lastOf("user", messages),
                        text(request, messages),
                        limit(request));
        return streamed ? stream(draft, wantsUsage(request)) : plain(draft);
    }

    private Answer plain(Draft draft) {
        var message = new JsonObject().put("role", "assistant").put("content", draft.text());
        if (!draft.reasoning().isEmpty()) {
            message.put("reasoning_content", draft.reasoningText());
        }
        message.put("refusal", null);
        return Answer.json(
                completion(draft.model(), message, draft.cut() ? "length" : "stop")
                        .put("usage", usage(draft)));
    }

    private Answer stream(Draft draft, boolean withUsage) {
        List<JsonObject> deltas = new ArrayList<>();
        for (String piece : draft.reasoning()) {
            deltas.add(new JsonObject().put("reasoning_content", piece));
        }
        for (String piece : draft.content()) {
            deltas.add(new JsonObject().put("content", piece));
        }
        return chunks(
                draft.model(),
                deltas,
                draft.cut() ? "length" : "stop",
                withUsage ? usage(draft) : null);
    }

    private Answer callTool(
            String model,
            JsonArray messages,
            JsonObject tool,
            boolean streamed,
            boolean withUsage) {
        String name = tool.getString("name", "tool");
        String arguments = SchemaExample.object(tool.getJsonObject("parameters")).encode();
        String id = stamp.id("call_");
        JsonObject usage =
                usage(
                        Wording.promptTokens(messages) + Wording.tokens(tool.encode()),
                        Wording.tokens(name) + Wording.tokens(arguments),
                        0);
        if (!streamed) {
            JsonObject call = call(name, arguments).put("id", id).put("type", "function");
            var message =
                    new JsonObject()
                            .put("role", "assistant")
                            .put("content", null)
                            .put("tool_calls", JsonArray.of(call))
                            .put("refusal", null);
            return Answer.json(completion(model, message, "tool_calls").put("usage", usage));
        }
        List<JsonObject> deltas = new ArrayList<>();
        deltas.add(toolDelta(call(name, "").put("index", 0).put("id", id).put("type", "function")));
        for (String piece : Wording.pieces(arguments)) {
            deltas.add(
                    toolDelta(
                            new JsonObject()
                                    .put("index", 0)
                                    .put("function", new JsonObject().put("arguments", piece))));
        }
        return chunks(model, deltas, "tool_calls", withUsage ? usage : null);
    }

    /// The role alone, one chunk for each delta, the reason for the end and, if asked for, the
    /// usage in a chunk without choices.
    private Answer chunks(
            String model,
            List<JsonObject> deltas,
            String finishReason,
            @Nullable JsonObject usage) {
        String id = stamp.id("chatcmpl-");
        long created = stamp.created();
        boolean withUsage = usage != null;
        List<String> frames = new ArrayList<>();
        var role = new JsonObject().put("role", "assistant").put("content", "");
        frames.add(Frames.data(chunk(id, created, model, choice(role, null), withUsage)));
        for (JsonObject delta : deltas) {
            frames.add(Frames.data(chunk(id, created, model, choice(delta, null), withUsage)));
        }
        frames.add(
                Frames.data(
                        chunk(
                                id,
                                created,
                                model,
                                choice(new JsonObject(), finishReason),
                                withUsage)));
        if (withUsage) {
            frames.add(
                    Frames.data(
                            chunk(id, created, model, new JsonArray(), true).put("usage", usage)));
        }
        frames.add(Frames.DONE);
        return new Answer.Events(frames);
    }

    private JsonObject completion(String model, JsonObject message, String finishReason) {
        return new JsonObject()
                .put("id", stamp.id("chatcmpl-"))
                .put("object", "chat.completion")
                .put("created", stamp.created())
                .put("model", model)
                .put(
                        "choices",
                        JsonArray.of(
                                new JsonObject()
                                        .put("index", 0)
                                        .put("message", message)
                                        .put("logprobs", null)
                                        .put("finish_reason", finishReason)))
                .put("system_fingerprint", "fp_sandbox");
    }

    /// With usage asked for, every chunk but the last says `"usage":null`, as OpenAI's do.
    private static JsonObject chunk(
            String id, long created, String model, JsonArray choices, boolean withUsage) {
        var chunk =
                new JsonObject()
                        .put("id", id)
                        .put("object", "chat.completion.chunk")
                        .put("created", created)
                        .put("model", model)
                        .put("system_fingerprint", "fp_sandbox")
                        .put("choices", choices);
        return withUsage ? chunk.put("usage", null) : chunk;
    }

    private static JsonArray choice(JsonObject delta, @Nullable String finishReason) {
        return JsonArray.of(
                new JsonObject()
                        .put("index", 0)
                        .put("delta", delta)
                        .put("logprobs", null)
                        .put("finish_reason", finishReason));
    }

    private static JsonObject call(String name, String arguments) {
        return new JsonObject()
                .put("function", new JsonObject().put("name", name).put("arguments", arguments));
    }

    private static JsonObject toolDelta(JsonObject call) {
        return new JsonObject().put("tool_calls", JsonArray.of(call));
    }

    private static JsonObject usage(Draft draft) {
        return usage(draft.inputTokens(), draft.outputTokens(), draft.reasoning().size());
    }

    private static JsonObject usage(int inputTokens, int outputTokens, int reasoningTokens) {
        return new JsonObject()
                .put("prompt_tokens", inputTokens)
                .put("completion_tokens", outputTokens)
                .put("total_tokens", inputTokens + outputTokens)
                .put("prompt_tokens_details", new JsonObject().put("cached_tokens", 0))
                .put(
                        "completion_tokens_details",
                        new JsonObject().put("reasoning_tokens", reasoningTokens));
    }

    /// The function to call: the one that `tool_choice` names, else the first; null where none is
    /// given or wanted, or where the last message already brings a tool's result.
    private static @Nullable JsonObject chosenTool(JsonObject request, JsonArray messages) {
        Object choice = request.getValue("tool_choice");
        if (!(request.getValue("tools") instanceof JsonArray tools)
                || "none".equals(choice)
                || "tool".equals(last(messages).getString("role"))) {
            return null;
        }
        String wanted =
                choice instanceof JsonObject named
                        ? named.getJsonObject("function", new JsonObject()).getString("name", "")
                        : "";
        for (Object tool : tools) {
            if (tool instanceof JsonObject object
                    && object.getValue("function") instanceof JsonObject function
                    && (wanted.isEmpty() || wanted.equals(function.getString("name")))) {
                return function;
            }
        }
        return null;
    }

    private static String text(JsonObject request, JsonArray messages) {
        JsonObject last = last(messages);
        String text =
                "tool".equals(last.getString("role"))
                        ? Wording.replyToTool(Wording.text(last.getValue("content")))
                        : Wording.reply(lastOf("user", messages));
        JsonObject format = request.getJsonObject("response_format", new JsonObject());
        return switch (format.getString("type", "text")) {
            case "json_object" -> new JsonObject().put("answer", text).encode();
            case "json_schema" ->
                    SchemaExample.object(
                                    format.getJsonObject("json_schema", new JsonObject())
                                            .getJsonObject("schema"))
                            .encode();
            default -> text;
        };
    }

    private static String lastOf(String role, JsonArray messages) {
        for (int i = messages.size() - 1; i >= 0; i--) {
            if (messages.getValue(i) instanceof JsonObject message
                    && role.equals(message.getString("role"))) {
                return Wording.text(message.getValue("content"));
            }
        }
        return "";
    }

    private static JsonObject last(JsonArray messages) {
        return messages.getValue(messages.size() - 1) instanceof JsonObject message
                ? message
                : new JsonObject();
    }

    private static @Nullable Integer limit(JsonObject request) {
        return request.getInteger("max_completion_tokens", request.getInteger("max_tokens"));
    }

    private static boolean wantsUsage(JsonObject request) {
        return request.getJsonObject("stream_options", new JsonObject())
                .getBoolean("include_usage", false);
    }
}
