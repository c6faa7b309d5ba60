package com.alltkn.gateway.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;

class SandboxPackagingIT {

    @Test
    void leavesTheSandboxOutOfEveryJar() throws IOException {
        List<String> entries;
        try (Stream<Path> files = Files.walk(Path.of("target"))) {
            entries =
                    files.filter(file -> file.toString().endsWith(".jar"))
                            .flatMap(SandboxPackagingIT::entries)
                            .toList();
        }

        assertThat(entries).anyMatch(entry -> entry.endsWith("!com/alltkn/gateway/Main.class"));
        assertThat(entries).noneMatch(entry -> entry.contains("!com/alltkn/gateway/sandbox"));
    }

    private static Stream<String> entries(Path jar) {
        try (var file = new JarFile(jar.toFile())) {
            return file.stream()
                    .map(ZipEntry::getName)
                    .map(name -> jar + "!" + name)
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
