package com.alltkn.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Holds the alert rules to what promtool, their own tests and the README say.
class AlertRulesTest {

    private static final Pattern TESTED =
            Pattern.compile("ALERTS\\{alertname=\"(\\w+)\",alertstate=\"firing\"}");

    private static final Pattern ROW =
            Pattern.compile("^\\| <a id=\"(\\w+)\"></a>`(\\w+)` \\| (\\w+) \\|", Pattern.MULTILINE);

    @Test
    void passPromtool() {
        var checked = Observability.PROMTOOL.run("check", "rules", Observability.RULES.toString());

        assertThat(checked.success()).contains("SUCCESS");
    }

    @Test
    void fireAndStaySilentAsTheirTestsSay() {
        for (var file : Observability.RULE_TESTS) {
            var tested = Observability.PROMTOOL.run("test", "rules", file.toString());

            assertThat(tested.success()).contains("SUCCESS");
        }
    }

    @Test
    void areEachShownSilentAndFiring() throws IOException {
        var silent = new TreeSet<String>();
        var firing = new TreeSet<String>();
        for (var file : Observability.RULE_TESTS) {
            Observability.children(Observability.yaml(file).path("tests"))
                    .flatMap(test -> Observability.children(test.path("promql_expr_test")))
                    .forEach(one -> {
                        var tested = TESTED.matcher(one.path("expr").asText());
                        assertThat(tested.matches()).as(one.path("expr").asText()).isTrue();
                        (one.path("exp_samples").isEmpty() ? silent : firing).add(tested.group(1));
                    });
        }

        var alerts = Observability.alerts().stream().map(AlertRulesTest::name).toList();
        assertThat(alerts).doesNotHaveDuplicates();
        assertThat(silent).containsExactlyInAnyOrderElementsOf(alerts);
        assertThat(firing).containsExactlyInAnyOrderElementsOf(alerts);
    }

    @Test
    void sayHowUrgentTheyAreWhatTheyMeanAndWhatToDo() throws IOException {
        for (var alert : Observability.alerts()) {
            var annotations = alert.path("annotations");
            assertThat(fields(alert.path("labels"))).as(name(alert)).containsExactly("severity");
            assertThat(severity(alert)).as(name(alert)).isIn("page", "ticket");
            assertThat(fields(annotations))
                    .as(name(alert))
                    .containsExactly("summary", "description", "runbook");
            assertThat(annotations.path("summary").asText()).hasSizeBetween(15, 100);
            assertThat(annotations.path("description").asText()).hasSizeGreaterThan(60);
            assertThat(annotations.path("runbook").asText())
                    .isEqualTo("README.md#" + anchor(alert));
        }
    }

    @Test
    void haveEachTheirRowInTheReadme() throws IOException {
        var rows =
                ROW.matcher(Files.readString(Path.of("README.md")))
                        .results()
                        .map(row -> List.of(row.group(1), row.group(2), row.group(3)))
                        .toList();

        assertThat(rows)
                .containsExactlyElementsOf(
                        Observability.alerts().stream()
                                .map(alert -> List.of(anchor(alert), name(alert), severity(alert)))
                                .toList());
    }

    @Test
    void areTheSameAsAPrometheusRule() throws IOException, InterruptedException {
        var printing =
                new ProcessBuilder("deploy/observability/prometheus-rule.sh")
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        var printed = new String(printing.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(printing.waitFor()).isZero();

        var resource = new YAMLMapper().readTree(printed);

        assertThat(resource.path("apiVersion").asText()).isEqualTo("monitoring.coreos.com/v1");
        assertThat(resource.path("kind").asText()).isEqualTo("PrometheusRule");
        assertThat(resource.path("metadata").path("name").asText()).isEqualTo("alltkn-gateway");
        assertThat(resource.path("spec")).isEqualTo(Observability.yaml(Observability.RULES));
    }

    private static String name(JsonNode alert) {
        return alert.path("alert").asText();
    }

    private static String anchor(JsonNode alert) {
        return name(alert).toLowerCase(Locale.ROOT);
    }

    private static String severity(JsonNode alert) {
        return alert.path("labels").path("severity").asText();
    }

    private static List<String> fields(JsonNode node) {
        return node.properties().stream().map(Map.Entry::getKey).toList();
    }
}
