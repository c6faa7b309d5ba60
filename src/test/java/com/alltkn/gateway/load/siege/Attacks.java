package com.alltkn.gateway.load.siege;

import static com.alltkn.gateway.load.siege.Caller.MALLORY;
import static com.alltkn.gateway.load.siege.Caller.TRUDY;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Everything that is tried.
final class Attacks {

    private static final String CHAT = "/v1/chat/completions";
    private static final String UPLOAD = "/v1/audio/transcriptions";
    private static final int LARGEST = 31 * 1024 * 1024;
    private static final String BEGUN =
            "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"";
    private static final String ENDED = "\"model\":\"m\",\"messages\":[]}";
    private static final String PART = "--b\r\ncontent-disposition: form-data; name=\"%s\"\r\n\r\n";
    private static final String LAST_PART = "--b--\r\n";

    /// What well-behaved callers do when all of them have much to do, to compare with.
    static final Attack FULL_LOAD =
            new Attack(
                    "full-load",
                    "honest callers with all that they have",
                    64 * 1024 * 1024,
                    Caller.honest().stream()
                            .flatMap(caller ->
                                    Stream.of(
                                            Flow.of(10, chat(caller, "m", 1024)).again(),
                                            Flow.of(3, chat(caller, "m", 1024 * 1024)).again(),
                                            Flow.of(1, chat(caller, "m", 24 * 1024 * 1024)).again(),
                                            Flow.of(100, stream(caller, Manners.HONEST)).again()))
                            .toList());

    static final List<Attack> ALL =
            Stream.of(
                            unread(),
                            smallPieces(),
                            connections(),
                            slowToRead(),
                            streams(),
                            upstreamMisbehaves())
                    .flatMap(List::stream)
                    .toList();

    private Attacks() {}

    static Attack named(String name) {
        return Stream.concat(Stream.of(FULL_LOAD), ALL.stream())
                .filter(attack -> attack.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no attack is called " + name));
    }

    /// Requests one behind another, whose answers nobody reads.
    private static List<Attack> unread() {
        var requests =
                List.of(
                        new Named(
                                "unknown", Payload.of("GET /nothing HTTP/1.1\r\nhost: g\r\n\r\n")),
                        new Named(
                                "401",
                                Payload.of(
                                        "POST %s HTTP/1.1\r\nhost: g\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
                                                .formatted(CHAT))),
                        new Named("usage", get("/v1/usage", MALLORY)),
                        new Named("relayed", chat(MALLORY, "m", 100)));
        var attacks = new ArrayList<Attack>();
        for (var request : requests) {
            for (var connections : List.of(4, 100)) {
                attacks.add(
                        Attack.of(
                                "unread-%s-%d".formatted(request.name, connections),
                                "pipelines requests, never reads",
                                Flow.of(connections, request.payload.endlessly()).unread()));
            }
        }
        return attacks;
    }

    private static List<Attack> smallPieces() {
        return List.of(
                Attack.of(
                        "chunks",
                        "bodies in chunks of one byte",
                        Flow.of(50, Payload.chunked(MALLORY, CHAT, BEGUN, 1, LARGEST)).again()),
                Attack.of(
                        "segments",
                        "bodies in segments of one byte",
                        Flow.of(
                                        50,
                                        Payload.request(
                                                MALLORY,
                                                CHAT,
                                                Payload.of(BEGUN).then("x", LARGEST)))
                                .inPieces(1, Duration.ofMillis(2))),
                Attack.of(
                        "uploads",
                        "63 KB before the model, in small chunks",
                        Flow.of(
                                200,
                                Payload.chunked(
                                        TRUDY, UPLOAD, PART.formatted("prompt"), 4, 63 * 256))),
                Attack.of(
                        "uploads-whole",
                        "uploads of 1 MB in small chunks",
                        Flow.of(100, upload()).again()));
    }

    private static List<Attack> connections() {
        return List.of(
                Attack.of(
                        "idle-401",
                        "connections with a 401 each, then nothing",
                        Flow.of(4000, Payload.of("GET /v1/models HTTP/1.1\r\nhost: g\r\n\r\n"))
                                .opening(2000)),
                Attack.of(
                        "asking-401",
                        "connections that ask again as soon as they have their 401",
                        Flow.of(4000, Payload.of("GET /v1/models HTTP/1.1\r\nhost: g\r\n\r\n"))
                                .opening(2000)
                                .again()),
                Attack.of(
                        "asking-chunks",
                        "the same with endless bodies in chunks of one byte",
                        Flow.of(
                                        500,
                                        Payload.of(
                                                        "POST %s HTTP/1.1\r\nhost: g\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
                                                                .formatted(CHAT))
                                                .then("1\r\nx\r\n", 1024 * 1024))
                                .opening(500)
                                .again()),
                Attack.of(
                        "asking-usage",
                        "a caller's connections that ask again as soon as they have an answer",
                        Flow.of(1000, get("/v1/usage", MALLORY)).opening(500).again()),
                Attack.of(
                        "idle-silent",
                        "connections without a byte",
                        Flow.of(4000, Payload.NOTHING).opening(2000)),
                Attack.of(
                        "idle-known",
                        "the same with a valid credential, and an answer",
                        Flow.of(4000, get("/v1/usage", MALLORY)).opening(1000)),
                Attack.of(
                        "slow-heads",
                        "heads at a byte a second",
                        Flow.of(
                                        4000,
                                        Payload.of("GET /v1/models HTTP/1.1\r\nhost: g\r\nx: ")
                                                .then("x", 10_000))
                                .inPieces(1, Duration.ofSeconds(1))
                                .opening(2000)),
                Attack.of(
                        "slow-bodies",
                        "bodies of a known caller at a few bytes a second",
                        Flow.of(
                                        4000,
                                        Payload.request(
                                                MALLORY, CHAT, Payload.of(BEGUN).then("x", 10_000)))
                                .inPieces(200, Duration.ofSeconds(1))
                                .opening(1000)),
                Attack.of(
                        "reset-half",
                        "half a request, then a reset",
                        Flow.of(
                                        500,
                                        Payload.of(
                                                "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nauthor"))
                                .reset()
                                .opening(3000)),
                Attack.of(
                        "reset-whole",
                        "a whole request, then a reset",
                        Flow.of(500, chat(MALLORY, "m", 1024)).reset().opening(1000)));
    }

    /// Bodies that cost more to read than to send.
    private static List<Attack> slowToRead() {
        return List.of(
                slow("escaped-names", "{", "\"\\u0061\\u0062\\u0063\":1,", ENDED),
                slow("escaped-like-model", "{", "\"\\u006d\\u006fdel2\":1,", ENDED),
                slow("tiny-members", "{", "\"\":0,", ENDED),
                slow("tiny-elements", "{\"model\":\"m\",\"messages\":[", "{},", "{}]}"),
                slow(
                        "tiny-messages",
                        "{\"model\":\"m\",\"messages\":[",
                        "{\"role\":\"user\"},",
                        "{}]}"),
                slow(
                        "nested",
                        "{\"model\":\"m\",\"messages\":[",
                        "[".repeat(100) + "]".repeat(100) + ",",
                        "0]}"),
                slow("too-nested", "{\"model\":\"m\",\"messages\":", "[", ""),
                slow("escapes", "{\"model\":\"m\",\"messages\":[\"", "\\u0041", "\"]}"),
                slow(
                        "tiny-parts",
                        Payload.request(
                                TRUDY,
                                UPLOAD,
                                Payload.NOTHING
                                        .then(PART.formatted("x") + "\r\n", 500_000)
                                        .then(LAST_PART))));
    }

    private static Attack slow(String name, String start, String unit, String end) {
        var body = Payload.of(start).then(unit, LARGEST / unit.length()).then(end);
        return slow(name, Payload.request(MALLORY, CHAT, body));
    }

    private static Attack slow(String name, Payload request) {
        return Attack.of(
                        name,
                        "bodies that are slow to read, 31 MB each",
                        Flow.of(4, request).again())
                .atMost(64);
    }

    private static List<Attack> streams() {
        return List.of(
                Attack.of(
                        "streams",
                        "as many open streams as one caller gets",
                        Flow.of(3000, stream(MALLORY, Manners.TRICKLE)).opening(500)),
                Attack.of(
                        "streams-unread",
                        "endless streams that nobody reads",
                        Flow.of(1000, stream(MALLORY, Manners.FLOOD)).opening(500).unread()),
                Attack.of(
                        "streams-slow",
                        "endless streams read at 1 KB/s",
                        Flow.of(1000, stream(MALLORY, Manners.FLOOD)).opening(500).reading(1000)));
    }

    private static List<Attack> upstreamMisbehaves() {
        return Stream.of(
                        Manners.ENDLESS_EVENT,
                        Manners.ENDLESS_LINE,
                        Manners.ENDLESS_JSON,
                        Manners.ENDLESS_ERROR,
                        Manners.ENDLESS_HEADER,
                        Manners.ENDLESS_HEADERS)
                .map(manners ->
                        Attack.of(
                                manners.model(),
                                "an upstream without an end",
                                Flow.of(
                                                4,
                                                isJson(manners)
                                                        ? chat(MALLORY, manners.model(), 100)
                                                        : stream(MALLORY, manners))
                                        .again()))
                .toList();
    }

    private static boolean isJson(Manners manners) {
        return manners == Manners.ENDLESS_JSON || manners == Manners.ENDLESS_ERROR;
    }

    private static Payload get(String path, Caller caller) {
        return Payload.of(
                "GET %s HTTP/1.1\r\nhost: g\r\nauthorization: Bearer %s\r\n\r\n"
                        .formatted(path, caller.key()));
    }

    private static Payload chat(Caller caller, String model, int length) {
        return Payload.request(
                caller,
                CHAT,
                Payload.of(
                                "{\"model\":\""
                                        + model
                                        + "\",\"messages\":[{\"role\":\"user\",\"content\":\"")
                        .then("a", length)
                        .then("\"}]}"));
    }

    private static Payload stream(Caller caller, Manners manners) {
        return Payload.request(
                caller,
                CHAT,
                "{\"model\":\"%s\",\"stream\":true,\"messages\":[]}".formatted(manners.model()));
    }

    private static Payload upload() {
        var start = PART.formatted("model") + "speech-1\r\n" + PART.formatted("prompt");
        return Payload.chunked(TRUDY, UPLOAD, start, 4, 256 * 1024)
                .then(Manners.chunk("\r\n" + LAST_PART) + "0\r\n\r\n");
    }

    private record Named(String name, Payload payload) {}
}
