package com.alltkn.gateway.sandbox;

import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Errors, as ALLTKN words them: those that a bad request earns, and those that a model's name asks
/// for.
final class Trouble {

    /// Models that answer with an error or deliver their answer badly.
    static final List<String> MODELS =
            List.of(
                    "sandbox-400",
                    "sandbox-401",
                    "sandbox-402",
                    "sandbox-403",
                    "sandbox-404",
                    "sandbox-408",
                    "sandbox-429",
                    "sandbox-quota",
                    "sandbox-500",
                    "sandbox-503",
                    "sandbox-529",
                    "sandbox-html",
                    "sandbox-empty",
                    "sandbox-slow",
                    "sandbox-hang",
                    "sandbox-cut",
                    "sandbox-stall",
                    "sandbox-error-event");

    private Trouble() {}

    /// The error that a model's name asks for; empty for one that answers.
    static Optional<Answer> of(String model) {
        return switch (model) {
            case "sandbox-400" ->
                    Optional.of(
                            error(
                                    400,
                                    "Invalid value for 'temperature': must be between 0 and 2.",
                                    "invalid_request_error",
                                    "temperature",
                                    "invalid_value"));
            case "sandbox-401" -> Optional.of(unauthorized());
            case "sandbox-402" ->
                    Optional.of(
                            error(
                                    402,
                                    "Insufficient Balance",
                                    "unknown_error",
                                    null,
                                    "invalid_request_error"));
            case "sandbox-403" ->
                    Optional.of(
                            error(
                                    403,
                                    "You are not allowed to use this model.",
                                    "permission_error",
                                    null,
                                    "permission_denied"));
            case "sandbox-404" -> Optional.of(unknownModel(model));
            case "sandbox-408" ->
                    Optional.of(
                            error(
                                    408,
                                    "The request took too long to arrive.",
                                    "timeout_error",
                                    null,
                                    "request_timeout"));
            case "sandbox-429" ->
                    Optional.of(
                            new Answer.Body(
                                    429,
                                    "application/json",
                                    envelope(
                                                    "Rate limit reached for requests. Please try"
                                                            + " again in 2s.",
                                                    "requests",
                                                    null,
                                                    "rate_limit_exceeded")
                                            .toBuffer(),
                                    Map.of("retry-after", "2", "retry-after-ms", "2000")));
            case "sandbox-quota" ->
                    Optional.of(
                            error(
                                    429,
                                    "You exceeded your current quota, please check your plan and"
                                            + " billing details.",
                                    "insufficient_quota",
                                    null,
                                    "insufficient_quota"));
            case "sandbox-500" ->
                    Optional.of(
                            error(
                                    500,
                                    "The server had an error while processing your request.",
                                    "server_error",
                                    null,
                                    "internal_error"));
            case "sandbox-503" ->
                    Optional.of(
                            error(
                                    503,
                                    "The engine is currently overloaded, please try again later.",
                                    "server_error",
                                    null,
                                    "service_unavailable"));
            case "sandbox-529" ->
                    Optional.of(error(529, "Overloaded", "overloaded_error", null, "overloaded"));
            default -> Optional.empty();
        };
    }

    /// The key is missing or wrong.
    static Answer unauthorized() {
        return error(
                401,
                "You didn't provide a valid API key. Send it as 'Authorization: Bearer KEY'.",
                "authentication_error",
                null,
                "invalid_api_key");
    }

    /// No model has this name.
    static Answer unknownModel(String model) {
        return error(
                404,
                "The model '" + model + "' does not exist or you do not have access to it.",
                "invalid_request_error",
                "model",
                "model_not_found");
    }

    /// A field is missing or wrong.
    static Answer badRequest(String message, @Nullable String param) {
        return error(400, message, "invalid_request_error", param, null);
    }

    /// No stored object has this id.
    static Answer notFound(String message, String param) {
        return error(404, message, "invalid_request_error", param, null);
    }

    /// Nothing is served at this path, or not with this method.
    static Answer unknownPath(String method, String path) {
        return error(
                404,
                "Invalid URL (" + method + " " + path + ")",
                "invalid_request_error",
                null,
                "unknown_url");
    }

    /// The envelope around an error, all four keys.
    static JsonObject envelope(
            String message, String type, @Nullable String param, @Nullable String code) {
        return new JsonObject()
                .put(
                        "error",
                        new JsonObject()
                                .put("message", message)
                                .put("type", type)
                                .put("param", param)
                                .put("code", code));
    }

    private static Answer error(
            int status,
            String message,
            String type,
            @Nullable String param,
            @Nullable String code) {
        return new Answer.Body(
                status,
                "application/json",
                envelope(message, type, param, code).toBuffer(),
                Map.of());
    }
}
