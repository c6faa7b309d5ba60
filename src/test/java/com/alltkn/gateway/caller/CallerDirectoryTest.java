package com.alltkn.gateway.caller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CallerDirectoryTest {

    private final CallerDirectory directory = new CallerDirectory();

    @TempDir Path folder;

    @Test
    void configuresNobodyByDefault() {
        var config = config(Map.of());

        assertThat(config.file()).isEmpty();
        assertThat(config.developmentKey()).isEmpty();
        assertThatExceptionOfType(InvalidCallersException.class)
                .isThrownBy(() -> directory.callers(config))
                .withMessage(
                        "gateway.callers.file is not set: without callers nobody could use the"
                                + " gateway");
    }

    @Test
    void readsEveryKeyOfItsConfiguration() {
        var config =
                config(
                        Map.of(
                                "gateway.callers.file", "/etc/callers.yaml",
                                "gateway.callers.development-key", "some-key"));

        assertThat(config.file()).contains(Path.of("/etc/callers.yaml"));
        assertThat(config.developmentKey()).contains("some-key");
    }

    @Test
    void makesTheDevelopmentCallerWhereThereIsNoFile() {
        var callers =
                directory.callers(config(Map.of("gateway.callers.development-key", "some-key")));

        assertThat(callers.identify("Bearer some-key")).contains(new Caller("dev", false, true));
    }

    @Test
    void readsTheFileAndThenKnowsNoDevelopmentCaller() throws IOException {
        var hash = HexFormat.of().formatHex(Callers.sha256("key-a"));
        var file =
                Files.writeString(
                        folder.resolve("callers.yaml"),
                        "callers: [{id: a, api-keys: ['sha256:%s']}]".formatted(hash));

        var callers =
                directory.callers(
                        config(
                                Map.of(
                                        "gateway.callers.file",
                                        file.toString(),
                                        "gateway.callers.development-key",
                                        "some-key")));

        assertThat(callers.identify("Bearer key-a")).contains(new Caller("a", false, true));
        assertThat(callers.identify("Bearer some-key")).isEmpty();
    }

    @Test
    void namesThePropertyAndTheFileThatCannotBeRead() throws IOException {
        var missing = folder.resolve("missing.yaml");
        var wrong = Files.writeString(folder.resolve("wrong.yaml"), "callers: []");

        assertThatExceptionOfType(InvalidCallersException.class)
                .isThrownBy(() ->
                        directory.callers(
                                config(Map.of("gateway.callers.file", missing.toString()))))
                .withMessage("gateway.callers.file: cannot read %s (NoSuchFileException)", missing);
        assertThatExceptionOfType(InvalidCallersException.class)
                .isThrownBy(() ->
                        directory.callers(config(Map.of("gateway.callers.file", wrong.toString()))))
                .withMessage(
                        "gateway.callers.file: %s: callers: must be a list with at least one caller",
                        wrong);
    }

    private static CallersConfig config(Map<String, String> values) {
        return new SmallRyeConfigBuilder()
                .withMapping(CallersConfig.class)
                .withSources(new PropertiesConfigSource(values, "test", 100))
                .build()
                .getConfigMapping(CallersConfig.class);
    }
}
