package com.alltkn.gateway.rollout.vault;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.rollout.Alarm;
import com.alltkn.gateway.rollout.Reading.Found;
import com.alltkn.gateway.rollout.RejectionReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs the operators' commands as they stand on their page, with an operator's rights and OpenBao
/// under the name `vault`.
class OperatorsPageTest {

    private static final Path PAGE = Path.of("deploy", "vault", "README.md");
    private static final ConfiguredVaultClient CLIENTS = new ConfiguredVaultClient();

    private static final String OLD_KEY = "test-key-old-" + UUID.randomUUID();
    private static final String NEW_KEY = "test-key-new-" + UUID.randomUUID();
    private static final Map<String, Object> OLD =
            Map.of("ALLTKN_API_KEY", OLD_KEY, "ALLTKN_DEFAULT_MODEL", "deepseek-chat");
    private static final Map<String, Object> NEW =
            Map.of("ALLTKN_API_KEY", NEW_KEY, "ALLTKN_DEFAULT_MODEL", "deepseek-chat");

    @TempDir private static Path files;

    private static OpenBaoServer server;
    private static VaultSetup setup;
    private static String operator;
    private static String pod;

    @BeforeAll
    static void setUp() {
        server = OpenBaoServer.inMemory();
        setup = new VaultSetup(server.url(), server.rootToken(), files, "vault");
        setup.run("--environments", "prod", "--logins", "none").success();
        operator = server.token("alltkn-operator-prod");
        pod = server.token("alltkn-pod-prod");
    }

    @AfterAll
    static void stop() {
        CLIENTS.close();
        server.close();
    }

    @BeforeEach
    void forget() {
        server.deleteMetadata("prod");
    }

    @Test
    void writesTheFirstKeyAndItsMetadata() throws IOException, InterruptedException {
        var said = run("first", OLD_KEY);

        assertThat(read()).isEqualTo(new Found(1, Map.of("ALLTKN_API_KEY", OLD_KEY)));
        assertThat(customMetadata())
                .isEqualTo(
                        Map.of(
                                "owner", "ai-platform",
                                "rotation", "90d",
                                "rotated", today(),
                                "support", "https://help.example",
                                "expected_volume", "2000000/day"));
        assertThat(said).doesNotContain(OLD_KEY);
    }

    @Test
    void rotatesTheKeyAndKeepsTheOtherSettings() throws IOException, InterruptedException {
        server.write("prod", OLD);
        setOwner();

        var said = run("rotate", NEW_KEY);

        assertThat(read()).isEqualTo(new Found(2, NEW));
        assertThat(customMetadata()).isEqualTo(Map.of("owner", "me", "rotated", today()));
        assertThat(said).containsPattern("version +2\n").doesNotContain(NEW_KEY);
    }

    @Test
    void setsTheCanaryAndKeepsTheOtherSettings() throws IOException, InterruptedException {
        server.write("prod", OLD);

        run("canary", "");

        var expected = new HashMap<>(OLD);
        expected.put("ALLTKN_CANARY_PERCENT", "10");
        assertThat(read()).isEqualTo(new Found(2, expected));
    }

    @Test
    void saysWhatToDoAboutEveryReasonAndAlarm() throws IOException {
        var page = Files.readString(PAGE);
        var log = page.substring(page.indexOf("\n## What the log says"));
        var alarms = log.indexOf("| alarm |");

        assertThat(words(log.substring(0, alarms)))
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(RejectionReason.values())
                                .map(RejectionReason::word)
                                .toList());
        assertThat(words(log.substring(alarms)))
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(Alarm.values()).map(Alarm::word).toList());
    }

    @Test
    void pinsAndUnpinsAndKeepsTheOtherMetadata() throws Exception {
        server.write("prod", OLD);
        server.write("prod", NEW);
        setOwner();

        run("pin", "");
        var pinned = customMetadata();
        run("unpin", "");

        assertThat(pinned).isEqualTo(Map.of("owner", "me", "pinned_version", "1"));
        assertThat(customMetadata()).isEqualTo(Map.of("owner", "me"));
    }

    @Test
    void rollsBackToOldContentUnderANewNumber() throws IOException, InterruptedException {
        server.write("prod", OLD);
        server.write("prod", NEW);

        run("rollback", "");

        assertThat(read()).isEqualTo(new Found(3, OLD));
    }

    @Test
    void takesAnOldVersionAwayAndBringsItBack() throws IOException, InterruptedException {
        server.write("prod", OLD);
        server.write("prod", NEW);

        run("retire", "");
        var retired = server.call("GET", "alltkn/metadata/prod", null);
        var rollback = setup.shell(operator, block("rollback"), "");
        var current = read();
        run("restore", "");

        assertThat(retired.at("/data/versions/1/deletion_time").asText()).isNotEmpty();
        assertThat(rollback.status()).isNotZero();
        assertThat(current).isEqualTo(new Found(2, NEW));
        assertThat(
                        server.call("GET", "alltkn/data/prod?version=1", null)
                                .at("/data/data")
                                .toString())
                .contains(OLD_KEY);
    }

    @Test
    void showsTheHistoryWithoutTheKey() throws Exception {
        server.write("prod", OLD);
        server.write("prod", NEW);

        var said = run("history", "");

        assertThat(said).contains("Version 1", "Version 2").doesNotContain(OLD_KEY, NEW_KEY);
    }

    private static String run(String name, String typed) throws IOException {
        return setup.shell(operator, block(name), typed + "\n").success();
    }

    /// The block of the page that is marked with a name.
    private static String block(String name) throws IOException {
        var match =
                Pattern.compile(
                                "^( *)<!-- run: " + name + " -->\n *```sh\n(.*?)^ *```$",
                                Pattern.MULTILINE | Pattern.DOTALL)
                        .matcher(Files.readString(PAGE));
        assertThat(match.find()).as("a block marked " + name).isTrue();
        return match.group(2);
    }

    /// What stands in code type in the first cells of a table.
    private static List<String> words(String table) {
        return Pattern.compile("^\\| (`[^|]*`) \\|", Pattern.MULTILINE)
                .matcher(table)
                .results()
                .flatMap(row -> Pattern.compile("`(\\w+)`").matcher(row.group(1)).results())
                .map(word -> word.group(1))
                .toList();
    }

    private static Object read() throws InterruptedException {
        return VaultLoginTest.source(
                        CLIENTS, server, "prod", Map.of("authentication.client-token", pod))
                .read();
    }

    private static String today() {
        return LocalDate.now(ZoneOffset.UTC).toString();
    }

    private static void setOwner() {
        server.call(
                "POST", "alltkn/metadata/prod", Map.of("custom_metadata", Map.of("owner", "me")));
    }

    private static Map<String, String> customMetadata() {
        var fields = new HashMap<String, String>();
        server.call("GET", "alltkn/metadata/prod", null)
                .at("/data/custom_metadata")
                .properties()
                .forEach(field -> fields.put(field.getKey(), field.getValue().asText()));
        return fields;
    }
}
