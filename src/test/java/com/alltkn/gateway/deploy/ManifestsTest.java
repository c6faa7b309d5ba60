package com.alltkn.gateway.deploy;

import static com.alltkn.gateway.deploy.Manifests.elements;
import static com.alltkn.gateway.deploy.Manifests.read;
import static com.alltkn.gateway.deploy.Manifests.texts;
import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.caller.CallersFile;
import com.alltkn.gateway.caller.MadeUpDirectory;
import com.alltkn.gateway.check.Property;
import com.alltkn.gateway.check.Start;
import com.alltkn.gateway.check.Strictness;
import com.alltkn.gateway.health.Probes;
import com.alltkn.gateway.startup.StartChecks;
import com.alltkn.gateway.telemetry.MetricsPath;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/// Holds the manifests of each environment to the gateway's own settings and to what a cluster
/// demands of a pod.
@ParameterizedClass
@ValueSource(strings = {"test", "staging", "prod"})
class ManifestsTest {

    /// Keys of ALLTKN's kind, PEM, JSON web tokens, Vault's tokens, and whatever is as long and as
    /// mixed as a key; a digest is none.
    private static final Pattern KEY_MATERIAL =
            Pattern.compile(
                    "sk-[A-Za-z0-9_-]{8}|-----BEGIN|eyJ[A-Za-z0-9_-]{8}|hv[sbr]\\."
                            + "|\\bs\\.[A-Za-z0-9]{24}"
                            + "|(?<![A-Za-z0-9_-])(?<!sha256:)"
                            + "(?=[A-Za-z+]*[0-9])(?=[0-9+]*[A-Za-z])[A-Za-z0-9+]{32,}");

    private static final Pattern SECRET_NAME =
            Pattern.compile(".*(KEY|SECRET|PASSWORD|CLIENT_TOKEN|CREDENTIAL)(_ID)?$");

    private final String environment;
    private final Manifests manifests;
    private final JsonNode pod;
    private final JsonNode container;

    ManifestsTest(String environment) {
        this.environment = environment;
        this.manifests = Manifests.of(environment);
        this.pod = manifests.pod().path("spec");
        this.container = manifests.container();
    }

    // The process

    @Test
    void setsOnlyVariablesThatTheApplicationReads() {
        assertThat(manifests.environment().keySet()).allMatch(KnownVariables::contains);
    }

    @Test
    void setsNothingThatTheApplicationRefusesToStartWith() {
        var config = config();

        assertThat(
                        new StartChecks(MadeUpDirectory.ofOneCaller())
                                .look(
                                        new Start(
                                                Strictness.of(environment).orElseThrow(),
                                                name ->
                                                        config.getOptionalValue(name, String.class)
                                                                .map(value ->
                                                                        new Property(
                                                                                value, "manifest")),
                                                names(config),
                                                manifests.environment()))
                                .findings())
                .isEmpty();
    }

    @Test
    void exposesThePortsThatTheApplicationListensOn() {
        var config = config();

        var ports = new TreeMap<String, Integer>();
        elements(container.path("ports"))
                .forEach(port ->
                        ports.put(port.path("name").asText(), port.path("containerPort").asInt()));

        assertThat(ports)
                .isEqualTo(
                        Map.of(
                                "http",
                                config.getValue("quarkus.http.port", Integer.class),
                                "management",
                                config.getValue("quarkus.management.port", Integer.class)));
        assertThat(
                        List.of(
                                config.getValue("quarkus.http.host", String.class),
                                config.getValue("quarkus.management.host", String.class)))
                .containsOnly("0.0.0.0");
    }

    @Test
    void probesThePathsOfTheManagementPort() {
        var probes = new TreeMap<String, String>();
        for (var name : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
            var get = container.path(name).path("httpGet");
            probes.put(name, get.path("port").asText() + get.path("path").asText());
        }

        assertThat(probes)
                .isEqualTo(
                        Map.of(
                                "startupProbe", "management/q/health/started",
                                "livenessProbe", "management/q/health/live",
                                "readinessProbe", "management/q/health/ready"));
        assertThat(new Probes().paths())
                .isEqualTo(Set.of("/q/health/started", "/q/health/live", "/q/health/ready"));
        assertThat(new MetricsPath().paths()).isEqualTo(Set.of("/q/metrics"));
    }

    @Test
    void givesAPodTheTimeThatItsEndTakes() throws ReflectiveOperationException {
        var config = config();
        var end =
                config.getValue("quarkus.shutdown.delay", Duration.class)
                        .plus(config.getValue("quarkus.shutdown.timeout", Duration.class))
                        .plus((Duration) constant("ExitDeadline", "CLOSING"))
                        // For the end of the process itself.
                        .plusSeconds(2);

        assertThat(config.getValue("quarkus.shutdown.delay", Duration.class)).isPositive();
        assertThat(Duration.ofSeconds(pod.path("terminationGracePeriodSeconds").asLong()))
                .isBetween(end, end.plusSeconds(5));
        assertThat(container.path("lifecycle").isMissingNode()).isTrue();
    }

    @Test
    void namesOneImageWithAFixedTag() {
        assertThat(container.path("image").asText())
                .matches("[^:@]+(:\\d+/[^:@]+)?(:(?!latest)[^@]+|@sha256:[0-9a-f]{64})");
    }

    // Vault

    @Test
    void mountsATokenForTheAudienceThatVaultIsSetUpWith() {
        var mounted = manifests.mounted("QUARKUS_VAULT_AUTHENTICATION_KUBERNETES_JWT_TOKEN_PATH");

        assertThat(elements(mounted.volume().at("/projected/sources")))
                .anySatisfy(source ->
                        assertThat(texts(source.path("serviceAccountToken")))
                                .containsEntry("path", mounted.path())
                                .containsEntry("audience", setUp("kubernetes-audience")));
        assertThat(pod.path("automountServiceAccountToken").asText()).isEqualTo("false");
        assertThat(
                        manifests
                                .one("ServiceAccount", "alltkn-gateway")
                                .path("automountServiceAccountToken")
                                .asText())
                .isEqualTo("false");
    }

    @Test
    void logsInAsWhomVaultIsSetUpFor() {
        var script = read(Path.of("deploy", "vault", "setup.sh"));

        assertThat(manifests.environment())
                .containsEntry("QUARKUS_PROFILE", environment)
                .containsEntry(
                        "QUARKUS_VAULT_AUTHENTICATION_KUBERNETES_ROLE",
                        "alltkn-pod-" + environment);
        assertThat(manifests.deployment().at("/metadata/namespace").asText())
                .isEqualTo(setUp("kubernetes-namespace").replace("{environment}", environment));
        assertThat(script).contains("\naccount=" + pod.path("serviceAccountName").asText() + "\n");
        assertThat(manifests.environment().get("GATEWAY_REGISTRY_ENVIRONMENTS"))
                .isEqualTo(setUp("environments").replace(' ', ','));
    }

    @Test
    void trustsVaultByTheAuthorityThatIsMounted() {
        var variables = manifests.environment();

        var mounted = manifests.mounted("QUARKUS_VAULT_TLS_CA_CERT");

        assertThat(elements(mounted.volume().at("/projected/sources")))
                .anySatisfy(source ->
                        assertThat(source.at("/configMap/items/0/path").asText())
                                .isEqualTo(mounted.path()));
        assertThat(variables).containsEntry("QUARKUS_VAULT_TLS_USE_KUBERNETES_CA_CERT", "false");
    }

    // Callers and shared state

    @Test
    void mountsCallersThatTheGatewayCanReadAndReload() {
        var mounted = manifests.mounted("GATEWAY_CALLERS_FILE");
        var name = mounted.volume().at("/configMap/name").asText();
        var file = manifests.one("ConfigMap", name).path("data").path(mounted.path()).asText();

        var callers = CallersFile.read(file.getBytes(StandardCharsets.UTF_8));

        assertThat(callers.all()).isNotEmpty();
        assertThat(elements(Manifests.documents(file).getFirst().path("callers")))
                .filteredOn(caller -> caller.path("id").asText().equals("example"))
                .allMatch(caller ->
                        caller.path("api-keys")
                                .toString()
                                .equals("[\"sha256:" + "0".repeat(64) + "\"]"));
        assertThat(mounted.mount().has("subPath")).isFalse();
    }

    @Test
    void sharesStateWhereThereIsMoreThanATest() {
        var variables = manifests.environment();
        if (environment.equals("test")) {
            assertThat(variables.keySet()).noneMatch(name -> name.contains("REDIS"));
            assertThat(variables).doesNotContainKey("GATEWAY_SHARED_STATE");
            return;
        }

        var mounted = manifests.mounted("GATEWAY_REDIS_PASSWORD_FILE");

        assertThat(texts(mounted.volume().path("secret")))
                .containsEntry("secretName", "alltkn-gateway-redis");
        assertThat(mounted.path()).isEqualTo("password");
        assertThat(variables)
                .containsEntry("GATEWAY_SHARED_STATE", "redis")
                .containsEntry(
                        "QUARKUS_REDIS_HOSTS", "redis://redis-" + environment + ".redis.svc:6379");
    }

    // Security

    /// A Deployment is admitted whatever its pods are, so the template is checked and not a dry
    /// run.
    @Test
    void letsAPodIntoARestrictedNamespace() {
        assertThat(
                        texts(
                                manifests
                                        .one("Namespace", "alltkn-" + environment)
                                        .at("/metadata/labels")))
                .containsEntry("pod-security.kubernetes.io/enforce", "restricted");
        assertThat(
                        Set.of(
                                "hostNetwork",
                                "hostPID",
                                "hostIPC",
                                "initContainers",
                                "ephemeralContainers"))
                .noneMatch(pod::has);
        var security = pod.path("securityContext");
        assertThat(security.path("runAsNonRoot").asText()).isEqualTo("true");
        assertThat(security.path("runAsUser").asInt()).isGreaterThanOrEqualTo(10_000);
        assertThat(security.path("runAsGroup").asInt()).isGreaterThanOrEqualTo(10_000);
        assertThat(security.path("seccompProfile").path("type").asText())
                .isEqualTo("RuntimeDefault");
        assertThat(container.path("securityContext"))
                .isEqualTo(
                        Manifests.documents(
                                        """
                                        allowPrivilegeEscalation: false
                                        readOnlyRootFilesystem: true
                                        capabilities: {drop: [ALL]}
                                        """)
                                .getFirst());
        assertThat(elements(container.path("ports"))).noneMatch(port -> port.has("hostPort"));
        assertThat(elements(pod.path("volumes")).flatMap(v -> texts(v).keySet().stream()))
                .isSubsetOf("name", "configMap", "secret", "projected", "emptyDir");
        assertThat(elements(pod.path("volumes")))
                .filteredOn(volume -> volume.has("emptyDir"))
                .allMatch(volume -> volume.path("emptyDir").has("sizeLimit"));
    }

    @Test
    void holdsNothingSecret() throws IOException {
        assertThat(manifests.all("Secret")).isEmpty();
        assertThat(manifests.environment().keySet())
                .noneMatch(name -> SECRET_NAME.matcher(name).matches());
        assertThat(KEY_MATERIAL.matcher(manifests.yaml()).results())
                .extracting(m -> m.group())
                .isEmpty();
        try (var files = Files.walk(Manifests.DIRECTORY)) {
            assertThat(files.filter(Files::isRegularFile))
                    .allSatisfy(file ->
                            assertThat(KEY_MATERIAL.matcher(read(file)).results())
                                    .extracting(m -> m.group())
                                    .isEmpty());
        }
    }

    // Resources

    @Test
    void reservesTheMemoryThatItLimitsAndLimitsNoCpu() {
        var requests = texts(container.at("/resources/requests"));
        var limits = texts(container.at("/resources/limits"));

        assertThat(requests).containsOnlyKeys("cpu", "memory", "ephemeral-storage");
        assertThat(limits).containsOnlyKeys("memory", "ephemeral-storage");
        assertThat(requests).containsEntry("memory", limits.get("memory"));
    }

    @Test
    void replacesPodsOneByOneAndSpreadsThem() {
        var spec = manifests.deployment().path("spec");

        assertThat(texts(spec.at("/strategy/rollingUpdate"))).containsEntry("maxUnavailable", "0");
        assertThat(spec.has("replicas")).isFalse();
        assertThat(elements(pod.path("topologySpreadConstraints")))
                .extracting(constraint -> constraint.path("topologyKey").asText())
                .containsExactly("topology.kubernetes.io/zone", "kubernetes.io/hostname");
        assertThat(
                        pod.at("/affinity/podAntiAffinity")
                                .has("preferredDuringSchedulingIgnoredDuringExecution"))
                .isTrue();
    }

    // What points at the pods

    @Test
    void selectsThePods() {
        var labels = texts(manifests.pod().at("/metadata/labels"));
        var selectors =
                manifests.resources().stream()
                        .map(resource ->
                                switch (resource.path("kind").asText()) {
                                    case "Deployment", "PodDisruptionBudget" ->
                                            resource.at("/spec/selector/matchLabels");
                                    case "Service" -> resource.at("/spec/selector");
                                    default -> resource.at("/spec/podSelector/matchLabels");
                                })
                        .filter(JsonNode::isObject)
                        .toList();

        assertThat(selectors)
                .hasSizeGreaterThanOrEqualTo(6)
                .allSatisfy(selector ->
                        assertThat(labels.entrySet()).containsAll(texts(selector).entrySet()));
    }

    @Test
    void offersCallersThePortForCallersAlone() {
        assertThat(manifests.one("Service", "alltkn-gateway").path("spec"))
                .isEqualTo(
                        Manifests.documents(
                                        """
                                        type: ClusterIP
                                        selector: {app.kubernetes.io/name: alltkn-gateway}
                                        ports:
                                          - {name: http, port: 80, targetPort: http, appProtocol: http}
                                        """)
                                .getFirst());
    }

    @Test
    void monitorsTheManagementPortOfEveryPod() {
        var service = manifests.one("Service", "alltkn-gateway-management");
        var monitor = manifests.one("ServiceMonitor", "alltkn-gateway");
        var endpoint = monitor.at("/spec/endpoints/0");

        assertThat(monitor.path("apiVersion").asText()).isEqualTo("monitoring.coreos.com/v1");
        // The alert rules know the job by this value.
        assertThat(monitor.at("/spec/jobLabel").asText()).isEqualTo("app.kubernetes.io/name");
        assertThat(texts(service.at("/metadata/labels")).entrySet())
                .containsAll(texts(monitor.at("/spec/selector/matchLabels")).entrySet());
        assertThat(texts(manifests.one("Service", "alltkn-gateway").at("/metadata/labels")))
                .doesNotContainKey("app.kubernetes.io/component");
        assertThat(endpoint.path("port").asText())
                .isEqualTo(service.at("/spec/ports/0/name").asText());
        assertThat(endpoint.path("path").asText())
                .isEqualTo(
                        "/q/"
                                + config().getValue(
                                                "quarkus.micrometer.export.prometheus.path",
                                                String.class));
    }

    @Test
    void scalesThePodsOnAMeterThatTheGatewayHas() {
        var spec = manifests.one("HorizontalPodAutoscaler", "alltkn-gateway").path("spec");
        var metric = spec.at("/metrics/0/pods/metric/name").asText();
        var rule =
                Manifests.documents(
                                read(
                                        Manifests.DIRECTORY.resolve(
                                                "examples/prometheus-adapter.yaml")))
                        .getFirst()
                        .at("/rules/custom/0");

        assertThat(spec.path("metrics")).hasSize(1);
        assertThat(metric)
                .isEqualTo("gateway_exchanges_in_flight")
                .satisfies(
                        name -> assertThat(read(Path.of("README.md"))).contains("`" + name + "`"));
        assertThat(rule.path("seriesQuery").asText()).startsWith(metric + "{");
        assertThat(rule.at("/name/matches").asText()).isEqualTo("^" + metric + "$");
        assertThat(texts(spec.path("scaleTargetRef")))
                .isEqualTo(
                        Map.of(
                                "apiVersion",
                                "apps/v1",
                                "kind",
                                "Deployment",
                                "name",
                                "alltkn-gateway"));
    }

    // The network

    /// Labels that kustomize adds must not get into the peers.
    @Test
    void letsInCallersAndPrometheusAndOutToDnsVaultAndAlltkn() {
        assertThat(manifests.one("NetworkPolicy", "default-deny").path("spec"))
                .isEqualTo(
                        Manifests.documents("{podSelector: {}, policyTypes: [Ingress, Egress]}")
                                .getFirst());
        assertThat(manifests.one("NetworkPolicy", "alltkn-gateway").path("spec"))
                .isEqualTo(
                        Manifests.documents(
                                        """
                                        podSelector: {matchLabels: {app.kubernetes.io/name: alltkn-gateway}}
                                        policyTypes: [Ingress, Egress]
                                        ingress:
                                          - from:
                                              - namespaceSelector: {matchLabels: {gateway.alltkn.com/caller: %s}}
                                            ports: [{protocol: TCP, port: 8080}]
                                          - from:
                                              - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}
                                                podSelector: {matchLabels: {app.kubernetes.io/name: prometheus}}
                                            ports: [{protocol: TCP, port: 9000}]
                                        egress:
                                          - to:
                                              - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
                                                podSelector: {matchLabels: {k8s-app: kube-dns}}
                                            ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]
                                          - to:
                                              - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: vault}}
                                                podSelector: {matchLabels: {app.kubernetes.io/name: vault}}
                                            ports: [{protocol: TCP, port: 8200}]
                                        """
                                                .formatted(environment))
                                .getFirst());
        assertThat(manifests.one("NetworkPolicy", "alltkn-gateway-upstream").path("spec"))
                .isEqualTo(
                        Manifests.documents(
                                        """
                                        podSelector: {matchLabels: {app.kubernetes.io/name: alltkn-gateway}}
                                        policyTypes: [Egress]
                                        egress:
                                          - to:
                                              - ipBlock:
                                                  cidr: 0.0.0.0/0
                                                  except: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, 169.254.0.0/16]
                                              - ipBlock:
                                                  cidr: ::/0
                                                  except: ["fc00::/7", "fe80::/10"]
                                            ports: [{protocol: TCP, port: 443}]
                                        """)
                                .getFirst());
    }

    @Test
    void letsOutToTheRedisOfTheEnvironment() {
        if (environment.equals("test")) {
            assertThat(manifests.all("NetworkPolicy")).hasSize(3);
            return;
        }
        assertThat(manifests.all("NetworkPolicy")).hasSize(4);
        assertThat(manifests.one("NetworkPolicy", "alltkn-gateway-redis").path("spec"))
                .isEqualTo(
                        Manifests.documents(
                                        """
                                        podSelector: {matchLabels: {app.kubernetes.io/name: alltkn-gateway}}
                                        policyTypes: [Egress]
                                        egress:
                                          - to:
                                              - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: redis}}
                                                podSelector:
                                                  matchLabels:
                                                    app.kubernetes.io/name: redis
                                                    app.kubernetes.io/instance: redis-%s
                                            ports: [{protocol: TCP, port: 6379}]
                                        """
                                                .formatted(environment))
                                .getFirst());
    }

    @Test
    void canHoldTheNetworkToTheHostsThatTheGatewayAllows(@TempDir Path directory)
            throws IOException {
        var named = renderWith("examples/cilium", directory);

        assertThat(named.all("NetworkPolicy"))
                .noneMatch(policy -> policy.toString().contains("0.0.0.0/0"));
        var policy = named.one("CiliumNetworkPolicy", "alltkn-gateway-upstream");
        assertThat(policy.path("apiVersion").asText()).isEqualTo("cilium.io/v2");
        assertThat(texts(policy.at("/spec/endpointSelector/matchLabels")))
                .isEqualTo(Map.of("app.kubernetes.io/name", "alltkn-gateway"));
        assertThat(policy.at("/spec/egress/1/toFQDNs").toString())
                .isEqualTo("[{\"matchName\":\"api.alltkn.com\"}]");
        assertThat(read(Path.of("README.md")))
                .contains(
                        "| `gateway.upstream.allowed-hosts` | the hosts that may receive the key |"
                                + " `api.alltkn.com` |");
    }

    @Test
    void canTakeTheTokensOfTheCluster(@TempDir Path directory) throws IOException {
        var more = renderWith("examples/tokens", directory);

        var added = new TreeMap<>(more.environment());
        added.keySet().removeAll(manifests.environment().keySet());
        var bearer = more.mounted("GATEWAY_CALLERS_TOKENS_BEARER_FILE");
        var authority = more.mounted("QUARKUS_TLS_CLUSTER_TRUST_STORE_PEM_CERTS");

        assertThat(added).isEqualTo(settingsForTokens()).hasSize(6);
        assertThat(added.keySet())
                .filteredOn(name -> name.startsWith("GATEWAY_"))
                .allMatch(KnownVariables::contains);
        assertThat(elements(bearer.volume().at("/projected/sources")))
                .extracting(source -> texts(source.path("serviceAccountToken")))
                // No audience: it is for the API server.
                .contains(Map.of("path", bearer.path(), "expirationSeconds", "3600"));
        assertThat(elements(authority.volume().at("/projected/sources")))
                .extracting(source -> source.at("/configMap/name").asText())
                .contains("kube-root-ca.crt");
        assertThat(
                        texts(
                                more.one("NetworkPolicy", "alltkn-gateway-api-server")
                                        .at("/spec/podSelector/matchLabels")))
                .isEqualTo(Map.of("app.kubernetes.io/name", "alltkn-gateway"));
    }

    private Manifests renderWith(String component, Path directory) throws IOException {
        var here = directory.toRealPath().relativize(Manifests.DIRECTORY.toRealPath());
        Files.writeString(
                directory.resolve("kustomization.yaml"),
                """
                resources: [%1$s/overlays/%2$s]
                components: [%1$s/%3$s]
                """
                        .formatted(here, environment, component));
        return Manifests.render(directory);
    }

    /// What the process would be configured with.
    private SmallRyeConfig config() {
        try {
            return new SmallRyeConfigBuilder()
                    .addDefaultInterceptors()
                    .withProfile(environment)
                    .withConverter(Duration.class, 200, new DurationConverter())
                    .withSources(
                            new EnvConfigSource(manifests.environment(), 300),
                            new PropertiesConfigSource(
                                    Path.of("src/main/resources/application.properties")
                                            .toUri()
                                            .toURL(),
                                    250))
                    .build();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Set<String> names(SmallRyeConfig config) {
        var names = new TreeSet<String>();
        config.getPropertyNames().forEach(names::add);
        return names;
    }

    /// What README.md says for tokens of the cluster.
    static Map<String, String> settingsForTokens() {
        var settings = new TreeMap<String, String>();
        Pattern.compile(
                        "^((?:GATEWAY_CALLERS_TOKENS|QUARKUS_TLS_CLUSTER)_\\w+)=(.*)$",
                        Pattern.MULTILINE)
                .matcher(read(Path.of("README.md")))
                .results()
                .forEach(line -> settings.put(line.group(1), line.group(2)));
        return settings;
    }

    /// An option of the command that sets Vault up.
    static String setUp(String option) {
        var command = read(Path.of("deploy", "vault", "README.md"));
        var given =
                Pattern.compile("--" + option + " [\"']?([^\"'\\n]*?)[\"']?( --| \\\\|\\n)")
                        .matcher(command);
        if (!given.find()) {
            throw new AssertionError("deploy/vault/README.md has no --" + option);
        }
        return given.group(1);
    }

    private static Object constant(String type, String name) throws ReflectiveOperationException {
        var field = Class.forName("com.alltkn.gateway." + type).getDeclaredField(name);
        field.setAccessible(true);
        return field.get(null);
    }
}
