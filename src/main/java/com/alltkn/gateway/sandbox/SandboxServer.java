package com.alltkn.gateway.sandbox;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;

/// The HTTP server of the sandbox: finds the answer for a method and path, on one event loop.
final class SandboxServer {

    private static final String ROOT = "/api/v1/";

    private final HttpServer server;
    private final Stamp stamp;
    private final Delivery delivery;
    private final ChatAnswers chat;
    private final CompletionAnswers completions;
    private final ResponseAnswers responses;
    private final VectorAnswers vectors;
    private final MediaAnswers media;
    private final StoredFiles files;

    /// @param pause between two events of a stream
    /// @param slowness before the first byte of `sandbox-slow`
    SandboxServer(Vertx vertx, Clock clock, Duration pause, Duration slowness) {
        stamp = new Stamp(clock);
        delivery = new Delivery(vertx, pause, slowness);
        chat = new ChatAnswers(stamp);
        completions = new CompletionAnswers(stamp);
        responses = new ResponseAnswers(stamp);
        vectors = new VectorAnswers(stamp);
        media = new MediaAnswers(stamp);
        files = new StoredFiles(stamp);
        server =
                vertx.createHttpServer(new HttpServerOptions().setTcpNoDelay(true))
                        .requestHandler(this::handle);
    }

    /// Starts on the loopback address.
    ///
    /// @param port 0 for any free one
    /// @return the port
    Future<Integer> listen(int port) {
        return server.listen(port, "127.0.0.1").map(HttpServer::actualPort);
    }

    Future<Void> close() {
        return server.close();
    }

    private void handle(HttpServerRequest request) {
        request.response()
                .putHeader("x-request-id", stamp.id("req_"))
                .putHeader("openai-processing-ms", "12");
        String path = request.path() == null ? "" : request.path();
        String authorization = request.getHeader("authorization");
        if (!path.startsWith(ROOT)) {
            delivery.send(request, "", Trouble.unknownPath(request.method().name(), path));
        } else if (authorization == null
                || !authorization.regionMatches(true, 0, "bearer ", 0, 7)
                || authorization.substring(7).isBlank()) {
            delivery.send(request, "", Trouble.unauthorized());
        } else {
            route(request, path.substring(ROOT.length()));
        }
    }

    private void route(HttpServerRequest request, String resource) {
        if (!HttpMethod.POST.equals(request.method())) {
            delivery.send(request, "", stored(request.method(), resource));
            return;
        }
        switch (resource) {
            case "audio/transcriptions", "audio/translations", "files" ->
                    readForm(request, resource);
            default -> readJson(request, resource);
        }
    }

    /// Answers what is only looked up: models and files.
    private Answer stored(HttpMethod method, String resource) {
        String read = method.name();
        if ("GET".equals(read) && "models".equals(resource)) {
            return Answer.json(Catalog.list());
        }
        if ("GET".equals(read) && resource.startsWith("models/")) {
            String model = decode(resource.substring("models/".length()));
            return Catalog.find(model)
                    .map(Answer::json)
                    .orElseGet(() -> Trouble.unknownModel(model));
        }
        if ("GET".equals(read) && "files".equals(resource)) {
            return files.list();
        }
        if (resource.startsWith("files/")) {
            String id = resource.substring("files/".length());
            if ("GET".equals(read) && id.endsWith("/content")) {
                return files.content(id.substring(0, id.length() - "/content".length()));
            }
            if ("GET".equals(read)) {
                return files.describe(id);
            }
            if ("DELETE".equals(read)) {
                return files.delete(id);
            }
        }
        return Trouble.unknownPath(read, ROOT + resource);
    }

    private void readJson(HttpServerRequest request, String resource) {
        request.body()
                .onSuccess(body -> {
                    JsonObject fields;
                    String model;
                    Answer answer;
                    try {
                        fields = body.length() == 0 ? new JsonObject() : body.toJsonObject();
                        model = fields.getString("model", defaultModel(resource));
                        answer = answer(resource, model, fields);
                    } catch (DecodeException | ClassCastException e) {
                        model = "";
                        answer =
                                Trouble.badRequest(
                                        "We could not parse the JSON body of your request.", null);
                    }
                    delivery.send(request, model, answer);
                });
    }

    private Answer answer(String resource, String model, JsonObject fields) {
        Optional<Answer> refusal = refusal(model);
        if (refusal.isPresent()) {
            return refusal.get();
        }
        return switch (resource) {
            case "chat/completions" -> chat.answer(model, fields);
            case "completions" -> completions.answer(model, fields);
            case "responses" -> responses.answer(model, fields);
            case "embeddings" -> vectors.embeddings(model, fields);
            case "rerank" -> vectors.rerank(model, fields);
            case "moderations" -> media.moderation(model, fields);
            case "audio/speech" -> media.speech(fields);
            case "images/generations" -> media.image(fields);
            default -> Trouble.unknownPath("POST", ROOT + resource);
        };
    }

    private void readForm(HttpServerRequest request, String resource) {
        var content = Buffer.buffer();
        var name = new StringBuilder();
        request.setExpectMultipart(true);
        request.uploadHandler(upload -> {
            name.append(upload.filename());
            upload.handler(content::appendBuffer);
        });
        request.exceptionHandler(failure ->
                delivery.send(
                        request, "", Trouble.badRequest("We could not parse your form.", null)));
        request.endHandler(end -> {
            String model = request.formAttributes().get("model");
            String named = model == null ? defaultModel(resource) : model;
            delivery.send(request, named, form(request, resource, named, name, content));
        });
    }

    private Answer form(
            HttpServerRequest request,
            String resource,
            String model,
            CharSequence fileName,
            Buffer content) {
        if (fileName.isEmpty()) {
            return Trouble.badRequest("'file' is a required form field.", "file");
        }
        if ("files".equals(resource)) {
            String purpose = request.formAttributes().get("purpose");
            return files.store(
                    fileName.toString(), purpose == null ? "user_data" : purpose, content);
        }
        return refusal(model)
                .orElseGet(() ->
                        media.transcription(
                                request.formAttributes(), fileName.toString(), content.length()));
    }

    private static Optional<Answer> refusal(String model) {
        if (model.isEmpty()) {
            return Optional.of(Trouble.badRequest("you must provide a model parameter", "model"));
        }
        Optional<Answer> trouble = Trouble.of(model);
        return trouble.isPresent() || Catalog.has(model)
                ? trouble
                : Optional.of(Trouble.unknownModel(model));
    }

    /// Some paths may leave the model out; empty for the others.
    private static String defaultModel(String resource) {
        return switch (resource) {
            case "moderations" -> "omni-moderation-latest";
            case "images/generations" -> "gpt-image-1";
            case "audio/transcriptions", "audio/translations", "files" -> "whisper-1";
            default -> "";
        };
    }

    private static String decode(String segment) {
        try {
            return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return segment;
        }
    }
}
