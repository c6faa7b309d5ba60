package com.alltkn.gateway.laboratory;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// What the upstream does with one request: a list of steps, each written and flushed by itself.
/// The connection stays open for a next request unless a step ends it.
///
/// Start with one of the static methods and add steps; every method gives a new script. Header
/// arguments are whole lines such as `"retry-after: 2"`.
///
/// @param early whether the answer starts at the end of the request's head, without its body
public record Script(List<Step> steps, boolean early) {

    /// One thing that the upstream does.
    public sealed interface Step {

        /// Writes the bytes as one piece.
        record Send(byte[] bytes) implements Step {}

        /// Writes the bytes again and again until the peer is gone.
        record SendForever(byte[] bytes) implements Step {}

        /// Waits until a test opens the gate.
        record Await(Gate gate) implements Step {}

        /// Tells a test that the script has come here.
        record Open(Gate gate) implements Step {}

        /// Waits for so long, which is asked each time.
        record Pause(Supplier<Duration> time) implements Step {}

        /// Does something of a test's own.
        record Run(Runnable action) implements Step {}

        /// Does nothing more until the peer is gone.
        record Hang() implements Step {}

        /// Ends the connection as a proper server does, with TLS' own goodbye where there is TLS.
        record Close() implements Step {}

        /// Ends it by FIN, without TLS' goodbye.
        record Cut() implements Step {}

        /// Ends it by RST.
        record Reset() implements Step {}
    }

    public Script {
        steps = List.copyOf(steps);
    }

    /// A whole JSON answer.
    public static Script json(int status, String body, String... headers) {
        return head(
                        status,
                        lines(
                                headers,
                                "content-type: application/json",
                                "content-length: " + utf8(body).length))
                .send(body);
    }

    /// A whole chunked stream of status 200, one chunk for each event's text, which brings its own
    /// blank line: see [#event(String)].
    public static Script sse(String... events) {
        return chunked(events);
    }

    /// A whole chunked answer of status 200 and an event stream's type, one write for each chunk.
    public static Script chunked(String... pieces) {
        return sseHead().chunks(pieces).lastChunk();
    }

    /// A chunked stream without its end, which then stands still.
    public static Script stallAfter(String... pieces) {
        return sseHead().chunks(pieces).hang();
    }

    /// A JSON answer whose declared length need not be the actual one; a shorter body ends in a
    /// closed connection.
    public static Script contentLength(long declared, String actual) {
        Script script =
                head(200, "content-type: application/json", "content-length: " + declared)
                        .send(actual);
        return utf8(actual).length < declared ? script.close() : script;
    }

    /// A stream whose end is the end of the connection.
    public static Script closeDelimited(String... pieces) {
        Script script = head(200, "content-type: text/event-stream", "connection: close");
        for (String piece : pieces) {
            script = script.send(piece);
        }
        return script.close();
    }

    /// These bytes and nothing else, each piece one write.
    public static Script raw(byte[]... pieces) {
        Script script = nothing();
        for (byte[] piece : pieces) {
            script = script.send(piece);
        }
        return script;
    }

    /// Reads the request and never answers.
    public static Script silence() {
        return nothing().hang();
    }

    /// A redirect without a body.
    public static Script redirect(int status, String location) {
        return head(status, "location: " + location, "content-length: 0");
    }

    /// An interim answer such as 100 or 103, before what [#then(Script)] adds.
    public static Script interim(int status, String... headers) {
        return head(status, headers);
    }

    /// A chunked stream that repeats a piece until the peer is gone.
    public static Script endless(String piece) {
        return sseHead().add(new Step.SendForever(chunkBytes(utf8(piece))));
    }

    /// A status line and headers; what follows is the caller's.
    public static Script head(int status, String... headers) {
        var text = new StringBuilder("HTTP/1.1 " + status + " " + reason(status) + "\r\n");
        for (String header : headers) {
            text.append(header).append("\r\n");
        }
        return nothing().send(text.append("\r\n").toString());
    }

    /// The head of a chunked event stream.
    public static Script sseHead(String... headers) {
        return head(
                200,
                lines(headers, "content-type: text/event-stream", "transfer-encoding: chunked"));
    }

    /// No step at all.
    public static Script nothing() {
        return new Script(List.of(), false);
    }

    /// The text of one event.
    public static String event(String data) {
        return "data: " + data + "\n\n";
    }

    public Script send(String text) {
        return send(utf8(text));
    }

    public Script send(byte[] bytes) {
        return add(new Step.Send(bytes));
    }

    /// One chunk with its framing, in one write.
    public Script chunk(String text) {
        return chunk(utf8(text));
    }

    public Script chunk(byte[] bytes) {
        return send(chunkBytes(bytes));
    }

    public Script chunks(String... pieces) {
        Script script = this;
        for (String piece : pieces) {
            script = script.chunk(piece);
        }
        return script;
    }

    /// The end of a chunked body, with trailers if there are any.
    public Script lastChunk(String... trailers) {
        var text = new StringBuilder("0\r\n");
        for (String trailer : trailers) {
            text.append(trailer).append("\r\n");
        }
        return send(text.append("\r\n").toString());
    }

    public Script await(Gate gate) {
        return add(new Step.Await(gate));
    }

    /// Opens a gate that a test waits at.
    public Script open(Gate gate) {
        return add(new Step.Open(gate));
    }

    public Script pause(Duration time) {
        return pause(() -> time);
    }

    /// A pause whose length is asked each time.
    public Script pause(Supplier<Duration> time) {
        return add(new Step.Pause(time));
    }

    /// Does something of a test's own.
    public Script run(Runnable action) {
        return add(new Step.Run(action));
    }

    public Script hang() {
        return add(new Step.Hang());
    }

    public Script close() {
        return add(new Step.Close());
    }

    public Script cut() {
        return add(new Step.Cut());
    }

    public Script reset() {
        return add(new Step.Reset());
    }

    /// The first bytes of what this script sends, then FIN.
    public Script cutAfter(long bytes) {
        return firstBytes(bytes).cut();
    }

    /// The first bytes of what this script sends, then RST. The peer may lose bytes that it has not
    /// read yet: that is how RST works.
    public Script resetAfter(long bytes) {
        return firstBytes(bytes).reset();
    }

    /// The same with a pause before each write but the first.
    public Script paced(Duration pause) {
        return between(new Step.Pause(() -> pause));
    }

    /// The same in writes of one byte, so that every split happens.
    public Script byteByByte() {
        List<Step> single = new ArrayList<>();
        for (Step step : steps) {
            if (step instanceof Step.Send(byte[] bytes)) {
                for (byte value : bytes) {
                    single.add(new Step.Send(new byte[] {value}));
                }
            } else {
                single.add(step);
            }
        }
        return new Script(single, early);
    }

    /// The steps of this script and then those of another.
    public Script then(Script next) {
        return new Script(Stream.concat(steps.stream(), next.steps.stream()).toList(), early);
    }

    /// Answers as soon as the request's head was read. The body stays unread.
    public Script beforeTheBody() {
        return new Script(steps, true);
    }

    private Script add(Step step) {
        return new Script(Stream.concat(steps.stream(), Stream.of(step)).toList(), early);
    }

    private Script between(Step pause) {
        List<Step> spaced = new ArrayList<>();
        boolean first = true;
        for (Step step : steps) {
            if (step instanceof Step.Send) {
                if (!first) {
                    spaced.add(pause);
                }
                first = false;
            }
            spaced.add(step);
        }
        return new Script(spaced, early);
    }

    private Script firstBytes(long limit) {
        List<Step> kept = new ArrayList<>();
        long left = limit;
        for (Step step : steps) {
            if (step instanceof Step.Send(byte[] bytes)) {
                if (left == 0) {
                    break;
                }
                int length = (int) Math.min(left, bytes.length);
                kept.add(new Step.Send(Arrays.copyOf(bytes, length)));
                left -= length;
            } else {
                kept.add(step);
            }
        }
        return new Script(kept, early);
    }

    private static byte[] chunkBytes(byte[] content) {
        byte[] head = utf8(Integer.toHexString(content.length) + "\r\n");
        byte[] chunk = Arrays.copyOf(head, head.length + content.length + 2);
        System.arraycopy(content, 0, chunk, head.length, content.length);
        chunk[chunk.length - 2] = '\r';
        chunk[chunk.length - 1] = '\n';
        return chunk;
    }

    private static String[] lines(String[] given, String... more) {
        return Stream.concat(Arrays.stream(given), Arrays.stream(more)).toArray(String[]::new);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String reason(int status) {
        return switch (status) {
            case 100 -> "Continue";
            case 103 -> "Early Hints";
            case 200 -> "OK";
            case 401 -> "Unauthorized";
            case 404 -> "Not Found";
            case 429 -> "Too Many Requests";
            case 500 -> "Internal Server Error";
            case 503 -> "Service Unavailable";
            default -> "Status";
        };
    }
}
