package com.alltkn.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Holds the dashboard to what Grafana and Prometheus take.
class DashboardTest {

    private static final Pattern LEGEND = Pattern.compile("\\{\\{(\\w+)}}");

    @Test
    void asksWhatPromtoolTakes(@TempDir Path directory) throws IOException {
        var queries = Observability.queries();
        var rules =
                IntStream.range(0, queries.size())
                        .mapToObj(i -> Map.of("record", "query:" + i, "expr", queries.get(i)))
                        .toList();
        var file = directory.resolve("queries.yaml");
        Files.writeString(
                file,
                new YAMLMapper()
                        .writeValueAsString(
                                Map.of("groups", List.of(Map.of("name", "q", "rules", rules)))));

        var checked = Observability.PROMTOOL.run("check", "rules", file.toString());

        assertThat(checked.success()).contains(queries.size() + " rules found");
        assertThat(queries).noneMatch(query -> query.contains("$"));
    }

    @Test
    void showsEachPanelInAPlaceOfItsOwn() throws IOException {
        var taken = new HashSet<List<Integer>>();
        var ids = new HashSet<Integer>();
        for (var panel : Observability.panels()) {
            var grid = panel.path("gridPos");
            assertThat(ids.add(panel.path("id").asInt())).as("%s", panel.path("id")).isTrue();
            for (var x = 0; x < grid.path("w").asInt(); x++) {
                for (var y = 0; y < grid.path("h").asInt(); y++) {
                    var place = List.of(grid.path("x").asInt() + x, grid.path("y").asInt() + y);
                    assertThat(taken.add(place))
                            .as("%s at %s", panel.path("title"), place)
                            .isTrue();
                    assertThat(place.getFirst()).isBetween(0, 23);
                }
            }
        }
        assertThat(taken).isNotEmpty();
    }

    @Test
    void needsNoPlugInAndSaysWhatEachPanelShows() throws IOException {
        for (var panel : Observability.panels()) {
            assertThat(panel.path("title").asText()).isNotBlank();
            if (panel.path("type").asText().equals("row")) {
                continue;
            }
            assertThat(panel.path("type").asText()).isIn("timeseries", "stat", "bargauge");
            assertThat(panel.path("description").asText()).hasSizeGreaterThan(20).endsWith(".");
            assertThat(panel.path("datasource").path("uid").asText()).isEqualTo("${datasource}");
            assertThat(panel.path("targets")).isNotEmpty();
        }
    }

    @Test
    void callsEachLineByALabelThatItHas() throws IOException {
        Observability.panels().stream()
                .flatMap(panel -> Observability.children(panel.path("targets")))
                .forEach(DashboardTest::hasTheLabelsOfItsLegend);
    }

    private static void hasTheLabelsOfItsLegend(JsonNode target) {
        var query = target.path("expr").asText();
        var labels = new HashSet<>(Expression.of(query).labels());
        if (query.startsWith("count_values(\"revision\"")) {
            labels.add("revision");
        }

        assertThat(LEGEND.matcher(target.path("legendFormat").asText()).results())
                .as(query)
                .allSatisfy(legend -> assertThat(labels).contains(legend.group(1)));
    }
}
