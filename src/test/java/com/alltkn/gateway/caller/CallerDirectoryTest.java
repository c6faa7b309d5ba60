package com.alltkn.gateway.caller;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.alltkn.gateway.laboratory.Mappings;
import com.alltkn.gateway.laboratory.MutableClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CallerDirectoryTest {

    private static final Instant NOW = Instant.parse("2026-05-01T12:00:00Z");

    private final MutableClock clock = new MutableClock(NOW);

    @TempDir Path folder;

    @Test
    void refusesAConfigurationWithoutCallers() {
        var directory = directory(Map.of());

        assertThatExceptionOfType(InvalidCallersException.class)
                .isThrownBy(directory::current)
                .withMessage(
                        "gateway.callers.file is not set: without callers nobody could use the"
                                + " gateway");
    }

    @Test
    void makesTheDevelopmentCallerWhereThereIsNoFile() {
        var directory = directory(Map.of("gateway.callers.development-key", "some-key"));

        assertThat(directory.current().identify("Bearer some-key")).contains(Caller.named("dev"));
    }

    @Test
    void readsTheFileAndThenKnowsNoDevelopmentCaller() throws IOException {
        var file = write("callers: [%s]".formatted(caller("a")));

        var callers =
                directory(
                                Map.of(
                                        "gateway.callers.file",
                                        file.toString(),
                                        "gateway.callers.development-key",
                                        "some-key"))
                        .current();

        assertThat(callers.identify("Bearer key-a")).contains(Caller.named("a"));
        assertThat(callers.identify("Bearer some-key")).isEmpty();
    }

    @Test
    void readsAFileAtStartThatWasWrittenAMomentAgo() throws IOException {
        var file = write("callers: [%s]".formatted(caller("a")));
        Files.setLastModifiedTime(file, FileTime.from(NOW));

        assertThat(following(file).current().all()).containsExactly(Caller.named("a"));
    }

    @Test
    void namesThePropertyAndTheFileThatCannotBeRead() throws IOException {
        var missing = folder.resolve("missing.yaml");
        var wrong = write("callers: []");

        assertThatExceptionOfType(InvalidCallersException.class)
                .isThrownBy(() -> following(missing).current())
                .withMessage("gateway.callers.file: cannot read %s (absent)", missing);
        assertThatExceptionOfType(InvalidCallersException.class)
                .isThrownBy(() -> following(wrong).current())
                .withMessage(
                        "gateway.callers.file: %s: callers: must be a list with at least one"
                                + " caller",
                        wrong);
    }

    @Test
    void refusesSubjectsWhereNoTokenCouldBeChecked() throws IOException {
        var file = write("callers: [{id: a, subjects: [some-subject]}]");

        assertThatExceptionOfType(InvalidCallersException.class)
                .isThrownBy(() -> following(file).current())
                .withMessage(
                        "gateway.callers.file: %s: subjects: need gateway.callers.tokens.issuer",
                        file);
    }

    @Test
    void followsWhatChangesInTheFile() throws IOException {
        var file = write("callers: [%s, %s]".formatted(caller("a"), caller("b")));
        var directory = following(file);
        directory.current();

        write(
                "callers: [%s, %s]"
                        .formatted(
                                caller("a", "blocked: true, limits: {concurrent: 3}"),
                                caller("c")));
        directory.look();

        var callers = directory.current();
        var a = callers.identify("Bearer key-a").orElseThrow();
        assertThat(a.blocked()).isTrue();
        assertThat(a.limits().concurrent()).isEqualTo(OptionalLong.of(3));
        assertThat(callers.identify("Bearer key-b")).isEmpty();
        assertThat(callers.identify("Bearer key-c")).contains(Caller.named("c"));
    }

    @Test
    void followsASymbolicLinkThatIsSwapped() throws IOException {
        var old = Files.createDirectory(folder.resolve("old"));
        var next = Files.createDirectory(folder.resolve("next"));
        aged(old.resolve("callers.yaml"), "callers: [%s]".formatted(caller("a")));
        aged(next.resolve("callers.yaml"), "callers: [%s]".formatted(caller("b")));
        var data = Files.createSymbolicLink(folder.resolve("..data"), old);
        var file =
                Files.createSymbolicLink(
                        folder.resolve("callers.yaml"), data.resolve("callers.yaml"));
        var directory = following(file);
        directory.current();

        Files.move(Files.createSymbolicLink(folder.resolve("..tmp"), next), data, ATOMIC_MOVE);
        directory.look();

        assertThat(directory.current().all()).containsExactly(Caller.named("b"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "callers: []",
                "callers: [{id: a",
                "callers: [{id: b, api-keys: [not-a-hash]}]",
                "callers: [{id: b, subjects: [s]}]",
                "something else"
            })
    void keepsTheCallersItHasWhereTheFileIsNoGood(String content) throws IOException {
        var file = write("callers: [%s]".formatted(caller("a")));
        var directory = following(file);
        directory.current();

        write(content);
        directory.look();
        clock.advance(Duration.ofSeconds(90));
        directory.look();

        assertThat(directory.current().all()).containsExactly(Caller.named("a"));
        assertThat(directory.view().stale()).contains(Duration.ofSeconds(90));
    }

    @Test
    void keepsTheCallersItHasWhereTheFileIsGone() throws IOException {
        var file = write("callers: [%s]".formatted(caller("a")));
        var directory = following(file);
        directory.current();

        Files.delete(file);
        directory.look();
        clock.advance(Duration.ofSeconds(5));

        assertThat(directory.current().all()).containsExactly(Caller.named("a"));
        assertThat(directory.view().stale()).contains(Duration.ofSeconds(5));
    }

    @Test
    void isUpToDateAgainOnceTheFileIs() throws IOException {
        var good = "callers: [%s]".formatted(caller("a"));
        var file = write(good);
        var directory = following(file);
        directory.current();
        var atFirst = directory.view().stale();

        write("callers: []");
        directory.look();
        Files.delete(file);
        directory.look();
        write("callers: []");
        directory.look();
        var meanwhile = directory.view().stale();
        write(good);
        directory.look();
        var mended = directory.view().stale();
        Files.delete(file);
        directory.look();
        write(good);
        directory.look();

        assertThat(atFirst).isEmpty();
        assertThat(meanwhile).isPresent();
        assertThat(mended).isEmpty();
        assertThat(directory.view().stale()).isEmpty();
    }

    @Test
    void looksByItselfUntilItIsStopped() throws IOException, InterruptedException {
        var file = write("callers: [%s]".formatted(caller("a")));
        var directory =
                directory(
                        Map.of(
                                "gateway.callers.file",
                                file.toString(),
                                "gateway.callers.poll-interval",
                                "10ms"));
        directory.current();

        directory.start();
        write("callers: [%s]".formatted(caller("b")));
        Awaitility.await()
                .atMost(Duration.ofSeconds(5))
                .until(() -> directory.current().all().equals(List.of(Caller.named("b"))));
        directory.stop();
        write("callers: [%s]".formatted(caller("c")));

        Awaitility.await()
                .during(Duration.ofMillis(200))
                .until(() -> directory.current().all().equals(List.of(Caller.named("b"))));
    }

    private CallerDirectory following(Path file) {
        return directory(Map.of("gateway.callers.file", file.toString()));
    }

    private CallerDirectory directory(Map<String, String> config) {
        return new CallerDirectory(Mappings.read(CallersConfig.class, config), false, clock);
    }

    private Path write(String yaml) throws IOException {
        return aged(folder.resolve("callers.yaml"), yaml);
    }

    private static Path aged(Path file, String yaml) throws IOException {
        Files.writeString(file, yaml);
        return Files.setLastModifiedTime(file, FileTime.from(NOW.minusSeconds(60)));
    }

    private static String caller(String id, String... more) {
        return "{id: %s, api-keys: ['sha256:%s']%s}"
                .formatted(
                        id,
                        HexFormat.of().formatHex(Callers.sha256("key-" + id)),
                        more.length == 0 ? "" : ", " + more[0]);
    }
}
