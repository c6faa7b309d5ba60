package com.alltkn.gateway.rollout.file;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.rollout.Reading.Found;
import com.alltkn.gateway.rollout.Reading.Unavailable;
import com.alltkn.gateway.rollout.Reading.Unchanged;
import com.alltkn.gateway.rollout.SourceFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSourceTest {

    // So far ahead that every file is an old one.
    private static final InstantSource LATER =
            InstantSource.offset(InstantSource.system(), Duration.ofHours(1));

    @TempDir private Path temporary;
    private Path path;
    private FileSource source;

    @BeforeEach
    void makeSource() {
        path = temporary.resolve("settings");
        source = new FileSource(path, Duration.ofSeconds(2), LATER);
    }

    @Test
    void readsLinesOfNamesAndValues() throws IOException {
        Files.writeString(
                path,
                """
                # written by Vault Agent
                ALLTKN_API_KEY=test-key-=1

                export ALLTKN_DEFAULT_MODEL = "some-model"
                AI_LOG_LEVEL='debug'\r
                AI_REQUEST_TIMEOUT_MS=
                """);

        assertThat(source.read())
                .isEqualTo(
                        new Found(
                                1,
                                Map.of(
                                        "ALLTKN_API_KEY", "test-key-=1",
                                        "ALLTKN_DEFAULT_MODEL", "some-model",
                                        "AI_LOG_LEVEL", "debug",
                                        "AI_REQUEST_TIMEOUT_MS", "")));
        assertThat(source.read()).isEqualTo(new Unchanged());
    }

    @Test
    void readsAFilePerSettingAndTakesOneLineEndOff() throws IOException {
        Files.createDirectory(path);
        Files.writeString(path.resolve("ALLTKN_API_KEY"), "test-key-1\n");
        Files.writeString(path.resolve("ALLTKN_DEFAULT_MODEL"), "some-model\r\n");
        Files.writeString(path.resolve("AI_LOG_LEVEL"), "debug\n\n");
        Files.writeString(path.resolve("README"), "not a setting");

        assertThat(source.read())
                .isEqualTo(
                        new Found(
                                1,
                                Map.of(
                                        "ALLTKN_API_KEY", "test-key-1",
                                        "ALLTKN_DEFAULT_MODEL", "some-model",
                                        "AI_LOG_LEVEL", "debug\n")));
    }

    @Test
    void countsTheContentsItSaw() throws IOException {
        Files.writeString(path, "ALLTKN_API_KEY=test-key-1\n");
        source.read();
        Files.writeString(path, "ALLTKN_API_KEY=test-key-2\n");

        assertThat(source.read()).isEqualTo(new Found(2, Map.of("ALLTKN_API_KEY", "test-key-2")));
    }

    @Test
    void saysWhereAFileIsMalformedButNotWhatStandsThere() throws IOException {
        Files.writeString(path, "AI_LOG_LEVEL=info\ntest-key-1\n");

        var malformed = new Unavailable(SourceFailure.RUBBISH, path + ": line 2 is not NAME=value");
        assertThat(source.read()).isEqualTo(malformed);
        assertThat(source.read()).isEqualTo(malformed);
    }

    @Test
    void refusesASettingNamedTwice() throws IOException {
        Files.writeString(path, "ALLTKN_API_KEY=test-key-1\nALLTKN_API_KEY=test-key-2\n");

        assertThat(source.read())
                .isEqualTo(
                        new Unavailable(
                                SourceFailure.RUBBISH,
                                path + ": line 2 names ALLTKN_API_KEY a second time"));
    }

    @Test
    void refusesWhatIsNoText() throws IOException {
        Files.write(path, new byte[] {'A', '=', (byte) 0xff});

        assertThat(source.read())
                .isEqualTo(
                        new Unavailable(SourceFailure.RUBBISH, path + ": the file is not UTF-8"));
    }

    @Test
    void saysThatThereIsNothing() {
        assertThat(source.read())
                .isEqualTo(new Unavailable(SourceFailure.ABSENT, path + " does not exist"));
    }

    @Test
    void followsAFileThatBecomesADirectory() throws IOException {
        Files.writeString(path, "ALLTKN_API_KEY=test-key-1\n");
        source.read();
        Files.delete(path);
        Files.createDirectory(path);
        Files.writeString(path.resolve("ALLTKN_API_KEY"), "test-key-2");

        assertThat(source.read()).isEqualTo(new Found(2, Map.of("ALLTKN_API_KEY", "test-key-2")));
    }
}
