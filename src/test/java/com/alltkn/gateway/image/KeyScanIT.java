package com.alltkn.gateway.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.RegistryTool;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Keys that are planted where a build could leave one. Each is made up on the spot.
class KeyScanIT {

    private static final RandomGenerator RANDOM = new SecureRandom();
    private static final String LETTERS =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// Nothing is made of these that could be taken for a word.
    private static final String NO_VOWELS = "bcdfghjklmnpqrstvwxz0123456789";

    @TempDir private Path directory;

    @Test
    void findsAKeyInAJarInAJar() throws IOException {
        var inner = zip("com/alltkn/Planted.class", compiled(key()));
        var jar = file("outer.jar", zip("lib/inner.jar", inner));

        assertThat(KeyScan.in(List.of(jar)))
                .containsExactly(jar + "!lib/inner.jar!com/alltkn/Planted.class: alltkn-key");
    }

    @Test
    void findsAKeyInALayerOfAnImage() throws IOException {
        var layer = gzip(tar("app/settings.env", utf8("ALLTKN_API_KEY=" + key() + "\n")));
        var image = file("image.tar", tar("blobs/sha256/0", layer));

        assertThat(KeyScan.in(List.of(image)))
                .contains(image + "!blobs/sha256/0!app/settings.env: alltkn-key");
    }

    @Test
    void findsAKeyInAManifestAsKubernetesWritesIt() throws IOException {
        var manifest =
                file(
                        "secret.yaml",
                        utf8(
                                """
                                kind: Secret
                                data:
                                  ALLTKN_API_KEY: %s
                                """
                                        .formatted(base64(utf8(key())))));

        assertThat(KeyScan.in(List.of(manifest))).contains(manifest + ": alltkn-key");
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "base64", "hex", "URL", "two bytes a letter"})
    void findsAKeyHoweverItIsWritten(String how) throws IOException {
        var key = key();
        var line = "upstream said 401 to %s at last\n";
        var log =
                file(
                        "gateway.log",
                        switch (how) {
                            case "plain" -> utf8(line.formatted(key));
                            case "base64" -> utf8(line.formatted(base64(utf8("key " + key))));
                            case "hex" -> utf8(line.formatted(HexFormat.of().formatHex(utf8(key))));
                            case "URL" ->
                                    utf8(
                                            line.formatted(
                                                    HexFormat.of()
                                                            .withPrefix("%")
                                                            .formatHex(utf8(key))));
                            default -> line.formatted(key).getBytes(StandardCharsets.UTF_16LE);
                        });

        assertThat(KeyScan.in(List.of(log))).contains(log + ": alltkn-key");
    }

    @Test
    void findsWhateverElseIsSecretHere() throws IOException {
        var report =
                file(
                        "report.txt",
                        utf8(
                                String.join(
                                        "\n\n",
                                        "login as hvs." + random(24),
                                        "login as s." + random(24) + " ended",
                                        "AWS_ACCESS_KEY_ID=AKIA"
                                                + randomOf(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
                                        "key test-key-" + UUID.randomUUID(),
                                        "bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ%s.%s "
                                                .formatted(random(40), random(60)),
                                        "-----BEGIN PRIVATE KEY-----\n"
                                                + random(64)
                                                + "\n-----END PRIVATE KEY-----",
                                        "api_key: \"" + randomOf(32, NO_VOWELS) + "\"")));

        assertThat(KeyScan.in(List.of(report)))
                .extracting(finding -> finding.replace(report + ": ", ""))
                .contains(
                        "aws-access-token",
                        "generic-api-key",
                        "jwt",
                        "key-of-a-test",
                        "private-key-with-its-body",
                        "vault-token");
    }

    @Test
    void findsAKeyThatTheRepositoryNoLongerHolds() throws IOException {
        git("init", "--quiet");
        var file = file("settings.env", utf8("ALLTKN_API_KEY=" + key() + "\n"));
        var commit = commit("add");
        Files.delete(file);
        var removal = commit("remove");
        git("checkout", "--quiet", "-b", "other", commit);
        file("mvnw", utf8("export VAULT_TOKEN=hvs." + random(24) + "\n"));
        var elsewhere = commit("add something else");
        git("checkout", "--quiet", "-");

        assertThat(KeyScan.inHistory(directory))
                .contains(
                        "commit " + commit + ", settings.env: alltkn-key",
                        "commit " + removal + ", settings.env: alltkn-key",
                        "commit " + elsewhere + ", mvnw: vault-token");
    }

    @Test
    void findsAKeyInWhatACommitSays() throws IOException {
        git("init", "--quiet");
        file("a", utf8("a\n"));
        var commit = commit("use " + key());

        assertThat(KeyScan.inHistory(directory))
                .containsExactly("commit " + commit + ", its message: alltkn-key");
    }

    @Test
    void findsNothingWhereThereIsNothing() throws IOException {
        var words = file("words.txt", utf8("api_key: ${ALLTKN_API_KEY}\nkey=sk-...\ns.toString()"));
        var page = file("page.class", compiled("Authorization: Bearer dev-caller-key"));

        assertThat(KeyScan.in(List.of(words, page))).isEmpty();
    }

    private static String key() {
        return "sk-" + random(40);
    }

    private static String random(int length) {
        return randomOf(length, LETTERS);
    }

    private static String randomOf(int length, String letters) {
        return RANDOM.ints(length, 0, letters.length())
                .mapToObj(i -> letters.substring(i, i + 1))
                .collect(Collectors.joining());
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    /// A constant as a class holds it, behind the magic number by which tools leave classes out.
    private static byte[] compiled(String constant) {
        var bytes = new ByteArrayOutputStream();
        bytes.writeBytes(new byte[] {(byte) 0xca, (byte) 0xfe, (byte) 0xba, (byte) 0xbe, 0, 0, 0});
        bytes.writeBytes(new byte[] {69, 1, 0, (byte) constant.length()});
        bytes.writeBytes(utf8(constant));
        bytes.writeBytes(new byte[] {7, 0, 2});
        return bytes.toByteArray();
    }

    private static byte[] zip(String name, byte[] content) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry(name));
            zip.write(content);
        }
        return bytes.toByteArray();
    }

    private static byte[] tar(String name, byte[] content) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var tar = new TarArchiveOutputStream(bytes)) {
            var entry = new TarArchiveEntry(name);
            entry.setSize(content.length);
            tar.putArchiveEntry(entry);
            tar.write(content);
            tar.closeArchiveEntry();
        }
        return bytes.toByteArray();
    }

    private static byte[] gzip(byte[] content) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(bytes)) {
            gzip.write(content);
        }
        return bytes.toByteArray();
    }

    private Path file(String name, byte[] content) throws IOException {
        return Files.write(directory.resolve(name), content);
    }

    private String commit(String message) {
        git("add", "--all");
        git("-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-m", message);
        return git("rev-parse", "HEAD").strip();
    }

    private String git(String... arguments) {
        var command = new ArrayList<>(List.of("git", "-C", directory.toString()));
        command.addAll(List.of(arguments));
        return RegistryTool.command(command.toArray(String[]::new));
    }
}
