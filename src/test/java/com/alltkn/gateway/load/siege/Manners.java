package com.alltkn.gateway.load.siege;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/// How an upstream answers, chosen by the model that is asked for.
enum Manners {
    /// Whole JSON, or a stream of a few events where one is asked for.
    HONEST("", ""),

    /// Events as fast as they are taken, without an end.
    FLOOD(
            Manners.STREAM,
            "data: {\"choices\":[{\"delta\":{\"content\":\"" + "x".repeat(900) + "\"}}]}\n\n"),

    /// An event a second, without an end.
    TRICKLE(Manners.STREAM, ""),

    /// One event whose lines have no end.
    ENDLESS_EVENT(Manners.STREAM, "data: {\"a\":\n: " + "c".repeat(900) + "\n"),

    /// One line without an end.
    ENDLESS_LINE(Manners.STREAM, "x".repeat(1000)),

    /// One string of JSON without an end.
    ENDLESS_JSON(
            "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
            "x".repeat(1000)),

    /// One string without an end, in an error that is read before it is passed on.
    ENDLESS_ERROR(Manners.ENDLESS_JSON.head, "x".repeat(1000)),

    /// One header without an end.
    ENDLESS_HEADER("x-h: ", "x".repeat(1000)),

    /// Headers without an end.
    ENDLESS_HEADERS("", "x-h: " + "x".repeat(900) + "\r\n");

    private static final String STREAM =
            "content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

    private static final int PIECE = 16 * 1024;

    private final String head;
    private final String unit;

    Manners(String head, String unit) {
        this.head = head;
        this.unit = unit;
    }

    /// Those that a request asks for.
    ///
    /// @param body the beginning of it
    static Manners askedFor(CharSequence body) {
        var text = body.toString();
        return Arrays.stream(values())
                .filter(manners -> text.contains("\"model\":\"" + manners.model() + "\""))
                .findFirst()
                .orElse(HONEST);
    }

    /// The model that brings them about.
    String model() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// What an answer begins with.
    byte[] start() {
        var status = this == ENDLESS_ERROR ? "400 Bad Request" : "200 OK";
        var first =
                switch (this) {
                    case ENDLESS_LINE -> chunk("data: ");
                    case ENDLESS_JSON -> chunk("{\"choices\":[{\"message\":{\"content\":\"");
                    case ENDLESS_ERROR -> chunk("{\"error\":{\"message\":\"");
                    case HONEST, FLOOD, TRICKLE, ENDLESS_EVENT, ENDLESS_HEADER, ENDLESS_HEADERS ->
                            "";
                };
        return bytes("HTTP/1.1 " + status + "\r\n" + head + first);
    }

    /// What it goes on with for ever.
    byte[] more() {
        var piece = unit.repeat(PIECE / unit.length());
        return bytes(head.endsWith("\r\n\r\n") ? chunk(piece) : piece);
    }

    /// Whether it goes on as fast as it is taken.
    boolean isEndless() {
        return !unit.isEmpty();
    }

    static String chunk(String text) {
        return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
