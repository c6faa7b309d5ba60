package com.alltkn.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.Gate;
import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.MadeUpCallers;
import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.RawResponse;
import com.alltkn.gateway.laboratory.RedisProcess;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.telemetry.Expression.Matcher;
import com.alltkn.gateway.telemetry.Expression.Series;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Compares what alert rules and dashboard speak of with what the packaged application tells, once
/// it has met what they are for.
class MetersIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final String CHAT = "{\"model\":\"m\",\"messages\":[]}";
    private static final String STREAMED_CHAT = "{\"model\":\"m\",\"stream\":true,\"messages\":[]}";

    /// What Prometheus adds, and the rules themselves.
    private static final Set<String> GIVEN = Set.of("job", "instance", "namespace", "pod");

    private static final Set<String> MADE_BY_RULES = Set.of("cause");

    /// What a native executable does not tell.
    private static final Set<String> OF_THE_JVM = Set.of("jvm_buffer_memory_used_bytes");

    private static final Pattern WORDS = Pattern.compile("\\w+(\\|\\w+)*");

    private static String scrape;

    @BeforeAll
    static void tellAboutEverything() throws IOException {
        try (var production = Production.start();
                var redis = RedisProcess.start();
                var gateway =
                        production
                                .gateway()
                                .environment(
                                        "GATEWAY_CALLERS_FILE",
                                        withBudgets(production.callerKey()).toString())
                                .environment("GATEWAY_SHARED_STATE", "redis")
                                .environment(
                                        "QUARKUS_REDIS_HOSTS", "redis://127.0.0.1:" + redis.port())
                                .environment("GATEWAY_UPSTREAM_GATE_INITIAL_LIMIT", "1")
                                .environment("GATEWAY_UPSTREAM_GATE_MIN_LIMIT", "1")
                                .environment("GATEWAY_UPSTREAM_GATE_MAX_LIMIT", "1")
                                .environment("GATEWAY_UPSTREAM_RETRY_MAX_RETRIES", "0")
                                .start()
                                .awaitReady()) {
            var upstream = production.upstream();
            chat(production, gateway, CHAT);
            upstream.answerNext(Script.sse(Script.event("{}"), Script.event("[DONE]")));
            chat(production, gateway, STREAMED_CHAT);
            for (var status : List.of(500, 504, 429, 402, 401)) {
                upstream.answerNext(Script.json(status, "{}"));
                assertThat(chat(production, gateway, CHAT).status()).isGreaterThan(400);
            }
            turnAway(production, gateway);
            scrape = scrape(gateway);
        }
    }

    @AfterAll
    static void forget() {
        scrape = "";
    }

    @Test
    void haveEverySeriesThatARuleOrThePanelOfADashboardSelects() throws IOException {
        var series = Series.of(scrape);
        var recorded =
                new HashSet<>(
                        Observability.rules().stream()
                                .map(rule -> rule.path("record").asText())
                                .toList());
        var selectors =
                expressions()
                        .flatMap(expression -> expression.selectors().stream())
                        .filter(selector -> !recorded.contains(selector.name()))
                        .filter(selector -> !selector.name().equals("up"))
                        .distinct()
                        .toList();

        assertThat(selectors).hasSizeGreaterThan(50);
        assertThat(selectors)
                .filteredOn(selector ->
                        !GatewayProcess.isNative() || !OF_THE_JVM.contains(selector.name()))
                .filteredOn(selector -> series.stream().noneMatch(s -> selector.selects(s, GIVEN)))
                .isEmpty();
    }

    /// A word among alternatives, or one that is left out, could be misspelt unseen.
    @Test
    void haveEveryValueOfALabelThatARuleOrThePanelOfADashboardNames() throws IOException {
        var series = Series.of(scrape);
        var unknown = new TreeSet<String>();
        for (var selector : expressions().flatMap(e -> e.selectors().stream()).toList()) {
            for (var matcher : selector.matchers()) {
                if (GIVEN.contains(matcher.label()) || !WORDS.matcher(matcher.value()).matches()) {
                    continue;
                }
                var values = values(selector.name(), matcher.label(), series);
                for (var word : matcher.value().split("\\|", -1)) {
                    if (!values.contains(word)) {
                        unknown.add(selector.name() + " " + matcher.label() + "=" + word);
                    }
                }
            }
        }

        assertThat(unknown).isEmpty();
    }

    @Test
    void haveEveryLabelThatARuleOrThePanelOfADashboardNames() throws IOException {
        var series = Series.of(scrape);
        for (var expression : expressions().toList()) {
            var known = new TreeSet<>(GIVEN);
            known.addAll(MADE_BY_RULES);
            for (var selector : expression.selectors()) {
                var own = new TreeSet<>(GIVEN);
                own.addAll(labels(selector.name(), series));
                assertThat(own)
                        .as("%s", selector)
                        .containsAll(selector.matchers().stream().map(Matcher::label).toList());
                known.addAll(own);
            }
            assertThat(known).as("%s", expression).containsAll(expression.labels());
        }
    }

    @Test
    void areNamedAndDescribedAsPromtoolWants(@TempDir Path directory)
            throws IOException, InterruptedException {
        var file = Files.writeString(directory.resolve("scrape.txt"), scrape);
        var checking =
                new ProcessBuilder(Observability.PROMTOOL.find().toString(), "check", "metrics")
                        .redirectInput(file.toFile())
                        .redirectErrorStream(true)
                        .start();
        var said = new String(checking.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        // 3: it would rather have other names for some of Micrometer's own meters.
        assertThat(checking.waitFor()).as(said).isEqualTo(3);
        assertThat(said.lines()).isNotEmpty().noneMatch(line -> line.startsWith("g"));
    }

    @Test
    void tellWhatIsUsedOfABudgetThatAllPodsShare() {
        var used =
                Series.of(scrape).stream()
                        .filter(one -> one.name().equals("gateway_callers_budget_used_ratio"))
                        .toList();

        assertThat(used)
                .extracting(one -> one.labels().get("budget"))
                .containsExactlyInAnyOrder("daily", "monthly");
        assertThat(scrape.lines())
                .filteredOn(line -> line.startsWith("gateway_callers_budget_used_ratio{"))
                .allMatch(line -> Double.parseDouble(line.substring(line.indexOf('}') + 1)) > 0);
    }

    private static Stream<Expression> expressions() throws IOException {
        var rules = Observability.rules().stream().map(rule -> rule.path("expr").asText());
        return Stream.concat(rules, Observability.queries().stream()).map(Expression::of);
    }

    /// A recorded series has the values of those that it is made of.
    private static Set<String> values(String name, String label, List<Series> series)
            throws IOException {
        var values = new TreeSet<String>();
        for (var rule : Observability.rules()) {
            if (rule.path("record").asText().equals(name)) {
                for (var inner : Expression.of(rule.path("expr").asText()).selectors()) {
                    values.addAll(values(inner.name(), label, series));
                }
            }
        }
        series.stream()
                .filter(one -> one.name().equals(name) && one.labels().containsKey(label))
                .forEach(one -> values.add(one.labels().get(label)));
        return values;
    }

    /// A recorded series has the labels that its rule gives it, and those that it is made of.
    private static Set<String> labels(String name, List<Series> series) throws IOException {
        var labels = new TreeSet<String>();
        for (var rule : Observability.rules()) {
            if (rule.path("record").asText().equals(name)) {
                var expression = Expression.of(rule.path("expr").asText());
                labels.addAll(expression.labels());
                for (var inner : expression.selectors()) {
                    labels.addAll(labels(inner.name(), series));
                }
            }
        }
        series.stream()
                .filter(one -> one.name().equals(name))
                .forEach(one -> labels.addAll(one.labels().keySet()));
        return labels;
    }

    private static Path withBudgets(String key) {
        return MadeUpCallers.fileOf(
                """
                callers:
                  - id: plain
                    api-keys: ["sha256:%s"]
                    budget: {daily-tokens: 1000000, monthly-tokens: 10000000}
                """
                        .formatted(MadeUpCallers.sha256(key)));
    }

    private static void turnAway(Production production, GatewayProcess gateway) throws IOException {
        var gate = new Gate();
        production.upstream().answerNext(Script.nothing().await(gate).then(Script.json(200, "{}")));
        try (var first = RawHttp.connect(gateway.port())) {
            first.send(production.post("/v1/chat/completions", CHAT));
            await().atMost(SOON).until(() -> gateway.metric("gateway_upstream_gate_inside") == 1);

            var second = chat(production, gateway, CHAT);

            assertThat(JSON.readTree(second.bodyText()).at("/error/code").asText())
                    .isEqualTo("gateway_overloaded");
            gate.open();
            first.read(SOON);
        }
    }

    private static RawResponse chat(Production production, GatewayProcess gateway, String body)
            throws IOException {
        return gateway.send(production.post("/v1/chat/completions", body));
    }

    /// In the format that promtool reads; Prometheus itself would ask for another.
    private static String scrape(GatewayProcess gateway) throws IOException {
        try (var connection = RawHttp.connect(gateway.managementPort())) {
            return connection
                    .send(
                            RawHttp.request(
                                    "GET", "/q/metrics", "", "accept: text/plain;version=0.0.4"))
                    .read(SOON)
                    .bodyText();
        }
    }
}
