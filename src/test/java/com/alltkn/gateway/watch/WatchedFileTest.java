package com.alltkn.gateway.watch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.watch.FileChange.Changed;
import com.alltkn.gateway.watch.FileChange.Reason;
import com.alltkn.gateway.watch.FileChange.Unchanged;
import com.alltkn.gateway.watch.FileChange.Unreadable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchedFileTest {

    private static final Instant NOW = Instant.parse("2026-05-01T12:00:00Z");
    private static final Instant LONG_AGO = NOW.minus(Duration.ofMinutes(1));

    @TempDir private Path directory;
    private Path path;
    private WatchedFile file;

    @BeforeEach
    void watch() {
        path = directory.resolve("settings.env");
        file = new WatchedFile(path, InstantSource.fixed(NOW));
    }

    @Test
    void reportsAContentOnce() throws IOException {
        write(path, "one", LONG_AGO);

        assertThat(text(file.poll())).isEqualTo("1:one");
        assertThat(file.poll()).isEqualTo(new Unchanged<>());
    }

    @Test
    void goesByContentAndNotByTime() throws IOException {
        write(path, "one", LONG_AGO);
        file.poll();

        write(path, "one", LONG_AGO.plusSeconds(30));
        var touched = file.poll();
        write(path, "two", LONG_AGO);
        var changed = file.poll();

        assertThat(touched).isEqualTo(new Unchanged<>());
        assertThat(text(changed)).isEqualTo("2:two");
    }

    @Test
    void followsAFileRenamedOverTheOldOne() throws IOException {
        write(path, "one", LONG_AGO);
        file.poll();

        var temporary = directory.resolve(".settings.env.swp");
        write(temporary, "two", LONG_AGO);
        Files.move(temporary, path, ATOMIC_MOVE);

        assertThat(text(file.poll())).isEqualTo("2:two");
    }

    @Test
    void waitsForASecondLookAtAFileThatWasJustWritten() throws IOException {
        write(path, "ALLTKN_API_KEY=test-k", NOW);
        var half = file.poll();
        write(path, "ALLTKN_API_KEY=test-key-1", NOW);
        var whole = file.poll();
        var again = file.poll();

        assertThat(half).isEqualTo(new Unchanged<>());
        assertThat(whole).isEqualTo(new Unchanged<>());
        assertThat(text(again)).isEqualTo("1:ALLTKN_API_KEY=test-key-1");
    }

    @Test
    void reportsAFileFromTheFutureAtTheSecondLook() throws IOException {
        write(path, "one", NOW.plus(Duration.ofHours(1)));

        assertThat(file.poll()).isEqualTo(new Unchanged<>());
        assertThat(text(file.poll())).isEqualTo("1:one");
    }

    @Test
    void saysWhyNothingCouldBeRead() throws IOException {
        assertThat(file.poll()).isEqualTo(new Unreadable<>(Reason.ABSENT));

        Files.createDirectory(path);
        assertThat(file.poll()).isEqualTo(new Unreadable<>(Reason.WRONG_KIND));

        Files.delete(path);
        Files.createSymbolicLink(path, directory.resolve("nowhere"));
        assertThat(file.poll()).isEqualTo(new Unreadable<>(Reason.ABSENT));
    }

    @Test
    void readsUpToOneMebibyteAndNoMore() throws IOException {
        write(path, "x".repeat(WatchedFile.MAX_BYTES), LONG_AGO);
        assertThat(file.poll()).isInstanceOf(Changed.class);

        write(path, "x".repeat(WatchedFile.MAX_BYTES + 1), LONG_AGO);
        assertThat(file.poll()).isEqualTo(new Unreadable<>(Reason.TOO_LARGE));
    }

    @Test
    void findsTheSameContentUnchangedAfterItWasGone() throws IOException {
        write(path, "one", LONG_AGO);
        file.poll();

        Files.delete(path);
        assertThat(file.poll()).isEqualTo(new Unreadable<>(Reason.ABSENT));
        write(path, "one", LONG_AGO);
        assertThat(file.poll()).isEqualTo(new Unchanged<>());
    }

    private static void write(Path file, String text, Instant modified) throws IOException {
        Files.writeString(file, text);
        Files.setLastModifiedTime(file, FileTime.from(modified));
    }

    private static String text(FileChange<byte[]> change) {
        return change instanceof Changed<byte[]>(var content, var generation)
                ? generation + ":" + new String(content, UTF_8)
                : change.toString();
    }
}
