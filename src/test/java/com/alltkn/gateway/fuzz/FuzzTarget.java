package com.alltkn.gateway.fuzz;

import com.alltkn.gateway.api.TargetSpellingFuzz;
import com.alltkn.gateway.caller.CallersFileFuzz;
import com.alltkn.gateway.exchange.request.RequestTargetFuzz;
import com.alltkn.gateway.openai.JsonAnswerFuzz;
import com.alltkn.gateway.openai.RequestReaderFuzz;
import com.alltkn.gateway.openai.StreamFuzz;
import com.alltkn.gateway.rollout.SettingsParserFuzz;
import com.alltkn.gateway.upstream.UpstreamErrorsFuzz;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/// Each reader and its check, which throws where something does not hold.
public enum FuzzTarget {
    /// A caller's JSON body.
    REQUEST(RequestReaderFuzz::check),
    /// Where a request goes.
    TARGET(RequestTargetFuzz::check),
    /// How that is spelled.
    SPELLING(TargetSpellingFuzz::check),
    /// A stream of events of upstream.
    STREAM(StreamFuzz::check),
    /// A JSON answer of upstream.
    ANSWER(JsonAnswerFuzz::check),
    /// An error of upstream.
    ERROR(UpstreamErrorsFuzz::check),
    /// What a source of settings holds.
    SETTINGS(SettingsParserFuzz::check),
    /// The file of callers.
    CALLERS(CallersFileFuzz::check);

    private final Consumer<byte[]> check;

    FuzzTarget(Consumer<byte[]> check) {
        this.check = check;
    }

    void check(byte[] input) {
        check.accept(input);
    }

    /// Where its seeds lie: what people thought of, and what was found.
    Path directory() {
        return Path.of("src", "test", "fuzz", name().toLowerCase(Locale.ROOT));
    }

    List<byte[]> seeds() {
        try (var files = Files.list(directory())) {
            return files.sorted().map(FuzzTarget::read).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
