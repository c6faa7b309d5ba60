package com.alltkn.gateway.bench;

import java.nio.charset.StandardCharsets;
import java.time.Duration;

/// What is asked and answered in one row of the table. What upstream shall answer stands in the
/// query, which every proxy passes on as it is.
enum Workload {
    SMALL("JSON, 1 KB each way", 1024, "answer=1024", 32, 500),
    LARGE_REQUEST("JSON, 128 KB request", 128 * 1024, "answer=1024", 32, 200),
    LARGE_ANSWER("JSON, 128 KB answer", 1024, "answer=" + 128 * 1024, 32, 200),
    STREAM("SSE, 200 events at once", 1024, "events=200&pause=0", 32, 0),
    OPEN_STREAMS("SSE, 500 streams, 20 events/s each", 1024, "events=200&pause=50", 500, 0),
    SLOW_STREAMS("SSE, 1,000 streams, 1 event/s each", 1024, "events=60&pause=1000", 1000, 0);

    /// The key of the made-up caller, and of the made-up account behind nginx.
    static final String KEY = "bench-caller-key";

    /// How far apart many connections begin, so that they do not march in step.
    static final Duration STAGGER = Duration.ofMillis(2);

    private static final String SENTENCE =
            "The quick brown fox jumps over the lazy dog and says \\\"caf\u00e9\\\" to it.\\n";

    private final String title;
    private final int requestBytes;
    private final String query;
    private final int connections;
    private final int steadyRate;

    Workload(String title, int requestBytes, String query, int connections, int steadyRate) {
        this.title = title;
        this.requestBytes = requestBytes;
        this.query = query;
        this.connections = connections;
        this.steadyRate = steadyRate;
    }

    String title() {
        return title;
    }

    int connections() {
        return connections;
    }

    /// Requests a second of the run that shows latency; 0 for streams, which have no such run.
    int steadyRate() {
        return steadyRate;
    }

    boolean streams() {
        return query.startsWith("events");
    }

    /// Whether upstream sets the pace, so that the delay of each event tells something.
    boolean paced() {
        return this == OPEN_STREAMS || this == SLOW_STREAMS;
    }

    /// How long after the first connection every one is open and queues have settled.
    Duration settled() {
        return STAGGER.multipliedBy(connections).plusSeconds(1);
    }

    /// The request with head and body.
    byte[] request(int port) {
        var stream = streams() ? "\"stream\":true," : "";
        var start =
                "{\"model\":\"deepseek-chat\","
                        + stream
                        + "\"temperature\":0.2,\"messages\":[{\"role\":\"system\",\"content\":"
                        + "\"You are brief.\"},{\"role\":\"user\",\"content\":\"";
        var body = filled(start, "\"}]}", requestBytes);
        var head =
                "POST /api/v1/chat/completions?"
                        + query
                        + " HTTP/1.1\r\nhost: 127.0.0.1:"
                        + port
                        + "\r\nauthorization: Bearer "
                        + KEY
                        + "\r\nuser-agent: OpenAI/Python 2.6.0\r\naccept: application/json\r\n"
                        + "accept-encoding: gzip, deflate\r\nx-stainless-lang: python\r\n"
                        + "x-stainless-retry-count: 0\r\ncontent-type: application/json\r\n"
                        + "content-length: "
                        + body.length
                        + "\r\n\r\n";
        var headBytes = head.getBytes(StandardCharsets.US_ASCII);
        var whole = new byte[headBytes.length + body.length];
        System.arraycopy(headBytes, 0, whole, 0, headBytes.length);
        System.arraycopy(body, 0, whole, headBytes.length, body.length);
        return whole;
    }

    /// A JSON text of exactly so many bytes, between its start and its end as many sentences as it
    /// takes.
    static byte[] filled(String start, String end, int length) {
        var sentence = SENTENCE.getBytes(StandardCharsets.UTF_8);
        var first = start.getBytes(StandardCharsets.UTF_8);
        var last = end.getBytes(StandardCharsets.UTF_8);
        var bytes = new byte[length];
        System.arraycopy(first, 0, bytes, 0, first.length);
        var at = first.length;
        var to = length - last.length;
        for (; at + sentence.length <= to; at += sentence.length) {
            System.arraycopy(sentence, 0, bytes, at, sentence.length);
        }
        for (; at < to; at++) {
            bytes[at] = '.';
        }
        System.arraycopy(last, 0, bytes, to, last.length);
        return bytes;
    }
}
