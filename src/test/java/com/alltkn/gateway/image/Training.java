package com.alltkn.gateway.image;

import com.alltkn.gateway.laboratory.Container;
import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import com.alltkn.gateway.laboratory.SecretScan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;

/// A life of the gateway in an image, as it is in production: settings from a Vault over TLS, and
/// callers who get answers, streams and errors. What the JVM learns of classes and of the code that
/// is used becomes the cache with which a pod starts.
final class Training {

    private static final int ROUNDS = 300;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration LONGEST_END = Duration.ofMinutes(3);
    private static final String CHAT = "/v1/chat/completions";
    private static final String BODY =
            "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";
    private static final String STREAMED = BODY.replace("{\"model\"", "{\"stream\":true,\"model\"");

    private Training() {}

    /// Trains the application of an image.
    ///
    /// @param directory where the cache is put
    /// @return the cache
    static Path run(Container image, Path directory) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        var cache = directory.resolve("app.aot");
        try (var production = Production.start();
                var gateway =
                        production
                                .gateway()
                                .in(image)
                                .writable(directory, "/training")
                                .environment("GATEWAY_HEALTH_PROMPT_ENABLED", "true")
                                .environment(
                                        "JAVA_TOOL_OPTIONS", "-XX:AOTCacheOutput=/training/app.aot")
                                .start()
                                .awaitReady()) {
            exercise(production, gateway);
            gateway.terminate();
            gateway.awaitExit(LONGEST_END);
            if (!Files.isRegularFile(cache)) {
                throw new IllegalStateException("no cache was written: " + gateway.stderr());
            }
            refuseSecrets(production, cache);
        }
        return cache;
    }

    private static void exercise(Production production, GatewayProcess gateway) throws IOException {
        var upstream = production.upstream();
        var stranger = RawHttp.post(CHAT, BODY, "authorization: Bearer nobody-has-this-key");
        for (var i = 0; i < ROUNDS; i++) {
            try (var caller = gateway.connect()) {
                upstream.answer(Script.json(200, ScriptedUpstream.COMPLETION));
                expect(200, caller, production.post(CHAT, BODY));
                upstream.answer(
                        Script.sse(
                                Script.event(ScriptedUpstream.COMPLETION), Script.event("[DONE]")));
                expect(200, caller, production.post(CHAT, STREAMED));
                expect(401, caller, stranger);
            }
            if (i % 20 == 0) {
                for (var status : List.of(400, 404, 429)) {
                    upstream.answer(
                            Script.json(
                                    status, "{\"error\":{\"message\":\"x\"}}", "retry-after: 60"));
                    try (var caller = gateway.connect()) {
                        expect(status, caller, production.post(CHAT, BODY));
                    }
                }
                for (var path : List.of("live", "started", "ready")) {
                    gateway.probe(path);
                }
                gateway.management("/q/metrics");
            }
        }
    }

    private static void expect(int status, RawHttp caller, String request) throws IOException {
        var response = caller.send(request).read(PATIENCE);
        if (response.status() != status) {
            throw new IllegalStateException(
                    "asked for training, it answered %d and not %d: %s"
                            .formatted(response.status(), status, response.bodyText()));
        }
    }

    /// The cache holds objects of the process that was trained, so it is looked at for everything
    /// that is secret there.
    private static void refuseSecrets(Production production, Path cache) throws IOException {
        var scan =
                new SecretScan()
                        .add("the upstream key", production.upstreamKey())
                        .add("the caller's key", production.callerKey())
                        .add("Vault's login", production.secretId())
                        .add("Vault's root token", production.vault().rootToken());
        var hits = scan.in("the cache", Files.readString(cache, StandardCharsets.ISO_8859_1));
        if (!hits.isEmpty()) {
            throw new IllegalStateException("secrets of the training: " + hits);
        }
    }
}
