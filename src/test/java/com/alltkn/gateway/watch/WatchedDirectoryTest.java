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
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchedDirectoryTest {

    private static final Instant NOW = Instant.parse("2026-05-01T12:00:00Z");
    private static final Instant LONG_AGO = NOW.minus(Duration.ofMinutes(1));

    @TempDir private Path temporary;
    private Path path;
    private WatchedDirectory directory;

    @BeforeEach
    void watch() throws IOException {
        path = Files.createDirectory(temporary.resolve("settings"));
        directory = new WatchedDirectory(path, Set.of("KEY", "URL"), InstantSource.fixed(NOW));
    }

    @Test
    void readsTheNamesItWasAskedFor() throws IOException {
        write(path, Map.of("KEY", "one", "OTHER", "x"));

        assertThat(text(directory.poll())).isEqualTo("1:{KEY=one}");
        assertThat(directory.poll()).isEqualTo(new Unchanged<>());
    }

    @Test
    void followsTheSwapOfALinkAsKubernetesMakesIt() throws IOException {
        mount("..2026_05_01_1", Map.of("KEY", "one", "URL", "https://one"));
        var first = directory.poll();

        mount("..2026_05_01_2", Map.of("KEY", "two", "URL", "https://two"));
        var second = directory.poll();
        var third = directory.poll();

        assertThat(text(first)).isEqualTo("1:{KEY=one, URL=https://one}");
        assertThat(text(second)).isEqualTo("2:{KEY=two, URL=https://two}");
        assertThat(third).isEqualTo(new Unchanged<>());
    }

    @Test
    void takesPlainFilesTogetherOnlyOnceAllHaveSettled() throws IOException {
        write(path, Map.of("KEY", "one", "URL", "https://one"));
        directory.poll();

        Files.writeString(path.resolve("KEY"), "two");
        Files.setLastModifiedTime(path.resolve("KEY"), FileTime.from(NOW));
        var between = directory.poll();
        Files.writeString(path.resolve("URL"), "https://two");
        Files.setLastModifiedTime(path.resolve("URL"), FileTime.from(NOW));
        var written = directory.poll();
        var settled = directory.poll();

        assertThat(between).isEqualTo(new Unchanged<>());
        assertThat(written).isEqualTo(new Unchanged<>());
        assertThat(text(settled)).isEqualTo("2:{KEY=two, URL=https://two}");
    }

    @Test
    void seesThatAFileWasTakenAway() throws IOException {
        write(path, Map.of("KEY", "one", "URL", "https://one"));
        directory.poll();

        Files.delete(path.resolve("URL"));
        Files.setLastModifiedTime(path, FileTime.from(LONG_AGO));

        assertThat(text(directory.poll())).isEqualTo("2:{KEY=one}");
    }

    @Test
    void saysWhyNothingCouldBeRead() throws IOException {
        Files.delete(path);
        assertThat(directory.poll()).isEqualTo(new Unreadable<>(Reason.ABSENT));

        Files.writeString(path, "a file");
        assertThat(directory.poll()).isEqualTo(new Unreadable<>(Reason.WRONG_KIND));
    }

    @Test
    void boundsAllFilesTogether() throws IOException {
        var half = "x".repeat(WatchedFile.MAX_BYTES / 2 + 1);
        write(path, Map.of("KEY", half, "URL", half));

        assertThat(directory.poll()).isEqualTo(new Unreadable<>(Reason.TOO_LARGE));
    }

    private void mount(String version, Map<String, String> files) throws IOException {
        var target = Files.createDirectory(path.resolve(version));
        for (var file : files.entrySet()) {
            Files.writeString(target.resolve(file.getKey()), file.getValue());
            var link = path.resolve(file.getKey());
            if (!Files.isSymbolicLink(link)) {
                Files.createSymbolicLink(link, Path.of("..data", file.getKey()));
            }
        }
        var fresh = Files.createSymbolicLink(path.resolve("..data_tmp"), Path.of(version));
        Files.move(fresh, path.resolve("..data"), ATOMIC_MOVE);
    }

    private static void write(Path directory, Map<String, String> files) throws IOException {
        for (var file : files.entrySet()) {
            var path = Files.writeString(directory.resolve(file.getKey()), file.getValue());
            Files.setLastModifiedTime(path, FileTime.from(LONG_AGO));
        }
        Files.setLastModifiedTime(directory, FileTime.from(LONG_AGO));
    }

    private static String text(FileChange<Map<String, byte[]>> change) {
        if (!(change instanceof Changed<Map<String, byte[]>>(var content, var generation))) {
            return change.toString();
        }
        var texts = new TreeMap<String, String>();
        content.forEach((name, bytes) -> texts.put(name, new String(bytes, UTF_8)));
        return generation + ":" + texts;
    }
}
