package com.alltkn.gateway.telemetry;

import com.alltkn.gateway.laboratory.RegistryTool;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/// The files of `deploy/observability`, and what checks them.
final class Observability {

    static final Path RULES = Path.of("deploy/observability/alerts.yaml");
    static final List<Path> RULE_TESTS =
            List.of(
                    Path.of("deploy/observability/alerts.test.yaml"),
                    Path.of("deploy/observability/alerts-calendar.test.yaml"));

    /// From a Debian package, which apt proves by the archive's signature. It needs no rights, for
    /// apt's lists are its own, and the package is unpacked, not installed.
    static final RegistryTool PROMTOOL =
            new RegistryTool(
                    "promtool",
                    "2.42.0",
                    directory ->
                            RegistryTool.command(
                                    "sh",
                                    "-ec",
                                    """
                                    cd "$1"
                                    mkdir -p lists/partial cache/archives/partial bin
                                    apt() {
                                      apt-get -qq -oDir::State::Lists="$PWD/lists" -oDir::Cache="$PWD/cache" \
                                        -oAPT::Sandbox::User=root "$@"
                                    }
                                    apt update
                                    apt download 'prometheus=2.42.0*'
                                    dpkg -x prometheus_*.deb unpacked
                                    mv unpacked/usr/bin/promtool bin
                                    rm -r lists cache unpacked prometheus_*.deb
                                    """,
                                    "sh",
                                    directory.toString()));

    private static final Path DASHBOARD = Path.of("deploy/observability/dashboard.json");

    private Observability() {}

    static JsonNode yaml(Path file) throws IOException {
        return new YAMLMapper().readTree(file.toFile());
    }

    /// Alerts and recorded series alike.
    static List<JsonNode> rules() throws IOException {
        return children(yaml(RULES).path("groups"))
                .flatMap(group -> children(group.path("rules")))
                .toList();
    }

    static List<JsonNode> alerts() throws IOException {
        return rules().stream().filter(rule -> rule.has("alert")).toList();
    }

    static JsonNode dashboard() throws IOException {
        return new ObjectMapper().readTree(DASHBOARD.toFile());
    }

    static List<JsonNode> panels() throws IOException {
        return children(dashboard().path("panels")).toList();
    }

    /// What the dashboard asks Prometheus, with its variables filled in.
    static List<String> queries() throws IOException {
        return panels().stream()
                .flatMap(panel -> children(panel.path("targets")))
                .map(target -> target.path("expr").asText())
                .map(query ->
                        query.replace("$__rate_interval", "5m")
                                .replace("$namespace", ".*")
                                .replace("$pod", ".*"))
                .toList();
    }

    static Stream<JsonNode> children(JsonNode node) {
        return StreamSupport.stream(node.spliterator(), false);
    }
}
