package com.alltkn.gateway.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SandboxPackagingTest {

    private static final String PACKAGE = "com/alltkn/gateway/sandbox";

    @Test
    void namesEveryClassOfThePackageAsLeftOut() throws IOException {
        var properties = new Properties();
        try (InputStream in = Files.newInputStream(classes().resolve("application.properties"))) {
            properties.load(in);
        }
        String leftOut =
                properties.getProperty("quarkus.package.jar.user-configured-ignored-entries");

        assertThat(List.of(leftOut.split(",", -1))).containsExactlyInAnyOrderElementsOf(entries());
    }

    private static List<String> entries() throws IOException {
        try (Stream<Path> files = Files.list(classes().resolve(PACKAGE))) {
            return Stream.concat(
                            Stream.of(PACKAGE),
                            files.map(file -> PACKAGE + "/" + file.getFileName()))
                    .toList();
        }
    }

    private static Path classes() {
        return Path.of("target", "classes");
    }
}
