package com.alltkn.gateway.sandbox;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.List;

/// Writes answers, streams with a pause before each event; badly where the model's name asks for
/// it. Never blocks: pauses are timers.
final class Delivery {

    private final Vertx vertx;
    private final Duration pause;
    private final Duration slowness;

    /// @param pause between two events of a stream; zero for none
    /// @param slowness before the first byte of `sandbox-slow`
    Delivery(Vertx vertx, Duration pause, Duration slowness) {
        this.vertx = vertx;
        this.pause = pause;
        this.slowness = slowness;
    }

    /// Sends the answer as the model's name says.
    void send(HttpServerRequest request, String model, Answer answer) {
        switch (model) {
            case "sandbox-hang" -> {
                // The caller waits until it gives up.
            }
            case "sandbox-slow" -> after(slowness, () -> whole(request, answer));
            case "sandbox-html" -> whole(request, html());
            case "sandbox-empty" ->
                    whole(request, Answer.bytes("application/json", Buffer.buffer()));
            case "sandbox-cut" -> part(request, answer, true);
            case "sandbox-stall" -> part(request, answer, false);
            case "sandbox-error-event" -> failed(request, answer);
            default -> whole(request, answer);
        }
    }

    private void whole(HttpServerRequest request, Answer answer) {
        HttpServerResponse response = request.response();
        switch (answer) {
            case Answer.Body body -> start(response, body).end(body.content());
            case Answer.Events events ->
                    events(startEvents(response), events.frames(), 0, response::end);
        }
    }

    /// Half of the answer, ended in the middle of something; then closed or left open.
    private void part(HttpServerRequest request, Answer answer, boolean close) {
        HttpServerResponse response = request.response();
        Runnable end = close ? () -> request.connection().close() : () -> {};
        switch (answer) {
            case Answer.Body body -> {
                start(response, body)
                        .putHeader("content-length", String.valueOf(body.content().length()));
                response.write(body.content().slice(0, body.content().length() / 2))
                        .onSuccess(written -> end.run());
            }
            case Answer.Events events -> {
                int half = events.frames().size() / 2;
                String broken = events.frames().get(half);
                Runnable cut =
                        () ->
                                response.write(broken.substring(0, broken.length() / 2))
                                        .onSuccess(written -> end.run());
                events(
                        startEvents(response),
                        events.frames().subList(0, half),
                        0,
                        close ? cut : end);
            }
        }
    }

    private void failed(HttpServerRequest request, Answer answer) {
        HttpServerResponse response = request.response();
        switch (answer) {
            case Answer.Body body ->
                    Trouble.of("sandbox-500").ifPresent(error -> whole(request, error));
            case Answer.Events events -> {
                int half = events.frames().size() / 2;
                String error =
                        Frames.data(
                                Trouble.envelope(
                                        "The server had an error while it was answering.",
                                        "server_error",
                                        null,
                                        "internal_error"));
                events(
                        startEvents(response),
                        events.frames().subList(0, half),
                        0,
                        () -> response.end(error));
            }
        }
    }

    private static HttpServerResponse start(HttpServerResponse response, Answer.Body body) {
        response.setStatusCode(body.status()).putHeader("content-type", body.contentType());
        body.headers().forEach(response::putHeader);
        return response;
    }

    private static HttpServerResponse startEvents(HttpServerResponse response) {
        return response.setChunked(true)
                .putHeader("content-type", "text/event-stream; charset=utf-8")
                .putHeader("cache-control", "no-cache");
    }

    private void events(HttpServerResponse response, List<String> frames, int next, Runnable end) {
        after(
                pause,
                () -> {
                    if (response.closed()) {
                        return;
                    }
                    if (next == frames.size()) {
                        end.run();
                        return;
                    }
                    response.write(frames.get(next))
                            .onSuccess(written -> events(response, frames, next + 1, end));
                });
    }

    private void after(Duration time, Runnable action) {
        if (time.isZero()) {
            vertx.runOnContext(now -> action.run());
        } else {
            vertx.setTimer(time.toMillis(), timer -> action.run());
        }
    }

    private static Answer html() {
        return Answer.bytes(
                "text/html; charset=utf-8",
                Buffer.buffer(
                        "<!DOCTYPE html>\n<html><head><title>Please wait</title></head>"
                                + "<body><h1>Checking your browser</h1></body></html>\n"));
    }
}
