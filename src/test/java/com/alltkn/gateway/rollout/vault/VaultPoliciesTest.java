package com.alltkn.gateway.rollout.vault;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.secret.KeyFingerprint;
import com.alltkn.gateway.secret.Secret;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What pods and operators may do and, above all, may not, on a server that the script set up. A
/// call is written as `METHOD path body`; `{E}` stands for the role's own environment, `{O}` for
/// each of the others, `taken` for a registry entry that is there, `{new}` for one that is not.
class VaultPoliciesTest {

    private static final List<String> ENVIRONMENTS = List.of("test", "staging", "prod");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CREATE = " {\"options\":{\"cas\":0},\"data\":{}}";

    private static final List<String> POD_MAY =
            List.of(
                    "GET alltkn/data/{E}",
                    "GET alltkn/data/{E}?version=1",
                    "GET alltkn/metadata/{E}",
                    "POST alltkn/data/registry/{E}/{new}" + CREATE,
                    "GET alltkn/data/registry/{E}/taken",
                    "GET alltkn/data/registry/{O}/taken",
                    "POST auth/token/renew-self {}");

    private static final List<String> POD_MAY_NOT =
            List.of(
                    // its own settings, and what could hide or destroy them
                    "POST alltkn/data/{E} {\"data\":{}}",
                    "PATCH alltkn/data/{E} {\"data\":{}}",
                    "DELETE alltkn/data/{E}",
                    "POST alltkn/metadata/{E} {\"custom_metadata\":{\"pinned_version\":\"1\"}}",
                    "PATCH alltkn/metadata/{E} {\"custom_metadata\":{\"pinned_version\":\"1\"}}",
                    "DELETE alltkn/metadata/{E}",
                    "POST alltkn/delete/{E} {\"versions\":[1]}",
                    "POST alltkn/undelete/{E} {\"versions\":[1]}",
                    "POST alltkn/destroy/{E} {\"versions\":[1]}",
                    // an entry of its own registry that is there
                    "POST alltkn/data/registry/{E}/taken" + CREATE,
                    "POST alltkn/data/registry/{E}/taken {\"data\":{}}",
                    "POST alltkn/data/registry/{E}/taken {\"options\":{\"cas\":1},\"data\":{}}",
                    // and deeper ones
                    "POST alltkn/data/registry/{E}" + CREATE,
                    "POST alltkn/data/registry/{E}/{new}/{new}" + CREATE,
                    "POST alltkn/data/registry/{O}/{new}" + CREATE,
                    "POST alltkn/data/registry/{O}/{new} {\"data\":{}}");

    private static final List<String> OPERATOR_MAY =
            List.of(
                    "GET alltkn/data/{E}",
                    "GET alltkn/data/{E}?version=1",
                    "POST alltkn/data/{E} {\"data\":{}}",
                    "PATCH alltkn/data/{E} {\"data\":{}}",
                    "DELETE alltkn/data/{E}",
                    "GET alltkn/metadata/{E}",
                    "POST alltkn/metadata/{E} {\"custom_metadata\":{\"owner\":\"a team\"}}",
                    "PATCH alltkn/metadata/{E} {\"custom_metadata\":{\"pinned_version\":\"1\"}}",
                    "POST alltkn/delete/{E} {\"versions\":[1]}",
                    "POST alltkn/undelete/{E} {\"versions\":[1]}",
                    "GET alltkn/data/registry/{E}/taken",
                    "GET alltkn/data/registry/{O}/taken");

    private static final List<String> OPERATOR_MAY_NOT =
            List.of(
                    // what nothing brings back
                    "POST alltkn/destroy/{E} {\"versions\":[1]}",
                    "DELETE alltkn/metadata/{E}",
                    // or what has the engine destroy versions, alone or beside what is allowed
                    "POST alltkn/metadata/{E} {\"max_versions\":1}",
                    "PUT alltkn/metadata/{E} {\"max_versions\":1}",
                    "PATCH alltkn/metadata/{E} {\"max_versions\":1}",
                    "POST alltkn/metadata/{E} {\"MAX_VERSIONS\":1}",
                    "POST alltkn/metadata/{E} {\"max_versions\":null}",
                    "POST alltkn/metadata/{E} {\"custom_metadata\":{},\"max_versions\":1}",
                    "PATCH alltkn/metadata/{E} {\"custom_metadata\":{},\"max_versions\":1}",
                    "POST alltkn/metadata/{E} {\"delete_version_after\":\"1s\"}",
                    "PATCH alltkn/metadata/{E} {\"delete_version_after\":\"1s\"}",
                    "PATCH alltkn/metadata/{E}"
                            + " {\"custom_metadata\":{},\"delete_version_after\":\"1s\"}",
                    // and what would keep others from writing
                    "POST alltkn/metadata/{E} {\"cas_required\":true}",
                    "PATCH alltkn/metadata/{E} {\"cas_required\":true}",
                    // the registry, old and new entries
                    "POST alltkn/data/registry/{E}/{new}" + CREATE,
                    "POST alltkn/data/registry/{O}/{new}" + CREATE,
                    "POST alltkn/data/registry/{E}/taken {\"data\":{}}");

    /// Neither of them, in no environment.
    private static final List<String> NOBODY_MAY =
            List.of(
                    // other environments' settings
                    "GET alltkn/data/{O}",
                    "GET alltkn/data/{O}?version=1",
                    "POST alltkn/data/{O} {\"data\":{}}",
                    "PATCH alltkn/data/{O} {\"data\":{}}",
                    "DELETE alltkn/data/{O}",
                    "GET alltkn/subkeys/{O}",
                    "GET alltkn/metadata/{O}",
                    "POST alltkn/metadata/{O} {\"custom_metadata\":{\"pinned_version\":\"1\"}}",
                    "PATCH alltkn/metadata/{O} {\"custom_metadata\":{\"pinned_version\":\"1\"}}",
                    "DELETE alltkn/metadata/{O}",
                    "POST alltkn/delete/{O} {\"versions\":[1]}",
                    "POST alltkn/undelete/{O} {\"versions\":[1]}",
                    "POST alltkn/destroy/{O} {\"versions\":[1]}",
                    // changing, hiding or removing a registry entry, or making it unwritable
                    "PATCH alltkn/data/registry/{E}/taken {\"data\":{}}",
                    "DELETE alltkn/data/registry/{E}/taken",
                    "GET alltkn/metadata/registry/{E}/taken",
                    "POST alltkn/metadata/registry/{E}/taken {\"cas_required\":true}",
                    "PATCH alltkn/metadata/registry/{E}/taken {\"cas_required\":true}",
                    "DELETE alltkn/metadata/registry/{E}/taken",
                    "POST alltkn/delete/registry/{E}/taken {\"versions\":[1]}",
                    "POST alltkn/undelete/registry/{E}/taken {\"versions\":[1]}",
                    "POST alltkn/destroy/registry/{E}/taken {\"versions\":[1]}",
                    "POST alltkn/data/registry/{O}/taken {\"data\":{}}",
                    "POST alltkn/data/registry/{O}/taken" + CREATE,
                    "PATCH alltkn/data/registry/{O}/taken {\"data\":{}}",
                    "DELETE alltkn/data/registry/{O}/taken",
                    "GET alltkn/metadata/registry/{O}/taken",
                    "POST alltkn/metadata/registry/{O}/taken {\"cas_required\":true}",
                    "POST alltkn/metadata/registry/{O}/{new} {\"cas_required\":true}",
                    "DELETE alltkn/metadata/registry/{O}/taken",
                    "POST alltkn/delete/registry/{O}/taken {\"versions\":[1]}",
                    "POST alltkn/undelete/registry/{O}/taken {\"versions\":[1]}",
                    "POST alltkn/destroy/registry/{O}/taken {\"versions\":[1]}",
                    "POST alltkn/metadata/registry/{O} {}",
                    "DELETE alltkn/metadata/registry",
                    // lists
                    "LIST alltkn/metadata/",
                    "LIST alltkn/metadata/registry/",
                    "LIST alltkn/metadata/registry/{E}/",
                    "LIST alltkn/metadata/registry/{O}/",
                    "GET alltkn/metadata/registry/{E}?list=true",
                    "LIST alltkn/data/registry/{E}/",
                    "SCAN alltkn/metadata/",
                    // the engine, the policies, others' logins
                    "GET alltkn/config",
                    "POST alltkn/config {\"max_versions\":1}",
                    "GET sys/mounts",
                    "DELETE sys/mounts/alltkn",
                    "GET sys/policies/acl/alltkn-pod-{E}",
                    "PUT sys/policies/acl/alltkn-pod-{E} {\"policy\":\"\"}",
                    "PUT sys/policies/acl/alltkn-operator-{O} {\"policy\":\"\"}",
                    "GET auth/approle/role/alltkn-pod-{O}/role-id",
                    "POST auth/approle/role/alltkn-pod-{O}/secret-id {}",
                    "POST auth/approle/role/alltkn-pod-{E}/secret-id {}",
                    "POST auth/approle/role/alltkn-pod-{E} {\"token_policies\":\"root\"}",
                    "POST auth/token/create {\"policies\":[\"root\"]}",
                    "GET sys/audit");

    @TempDir private static Path files;

    private static OpenBaoServer server;
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Map<String, String> TOKENS = new HashMap<>();

    @BeforeAll
    static void setUp() {
        server = OpenBaoServer.inMemory();
        new VaultSetup(server.url(), server.rootToken(), files, "bao").run().success();
        for (var environment : ENVIRONMENTS) {
            var role = "auth/approle/role/alltkn-pod-" + environment;
            var login =
                    server.call(
                            "POST",
                            "auth/approle/login",
                            Map.of(
                                    "role_id",
                                    server.call("GET", role + "/role-id", null)
                                            .at("/data/role_id")
                                            .asText(),
                                    "secret_id",
                                    server.call("POST", role + "/secret-id", Map.of())
                                            .at("/data/secret_id")
                                            .asText()));
            TOKENS.put("pod " + environment, login.at("/auth/client_token").asText());
            TOKENS.put("operator " + environment, server.token("alltkn-operator-" + environment));
            server.write("registry/" + environment + "/taken", Map.of());
        }
    }

    @AfterAll
    static void stop() {
        server.close();
        HTTP.close();
    }

    @BeforeEach
    void makeSettings() {
        for (var environment : ENVIRONMENTS) {
            server.deleteMetadata(environment);
            server.write(environment, Map.of("ALLTKN_API_KEY", "test-key-of-" + environment));
        }
    }

    @ParameterizedTest
    @MethodSource("podsMay")
    void letsAPod(String environment, String call) throws IOException, InterruptedException {
        assertThat(answer("pod", environment, call).statusCode()).isBetween(200, 204);
    }

    @ParameterizedTest
    @MethodSource("podsMayNot")
    void forbidsAPod(String environment, String call) throws IOException, InterruptedException {
        var answer = answer("pod", environment, call);

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(403);
    }

    @ParameterizedTest
    @MethodSource("operatorsMay")
    void letsAnOperator(String environment, String call) throws IOException, InterruptedException {
        assertThat(answer("operator", environment, call).statusCode()).isBetween(200, 204);
    }

    @ParameterizedTest
    @MethodSource("operatorsMayNot")
    void forbidsAnOperator(String environment, String call)
            throws IOException, InterruptedException {
        var answer = answer("operator", environment, call);

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(403);
    }

    /// What a write does not name keeps its value, so custom metadata cannot set the rest back to
    /// defaults either.
    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "PATCH"})
    void leavesTheRestOfTheMetadataToAnAdministrator(String method)
            throws IOException, InterruptedException {
        server.call(
                "POST",
                "alltkn/metadata/prod",
                Map.of("max_versions", 30, "delete_version_after", "8760h"));
        server.write("prod", Map.of("ALLTKN_API_KEY", "test-key-2"));
        var before = server.call("GET", "alltkn/metadata/prod", null).path("data");

        var written =
                answer(
                        "operator",
                        "prod",
                        method + " alltkn/metadata/prod {\"custom_metadata\":{\"owner\":\"me\"}}");

        assertThat(written.statusCode()).isEqualTo(204);
        var after = server.call("GET", "alltkn/metadata/prod", null).path("data");
        assertThat(after.at("/custom_metadata/owner").asText()).isEqualTo("me");
        for (var kept :
                List.of("max_versions", "delete_version_after", "cas_required", "versions")) {
            assertThat(after.path(kept)).isEqualTo(before.path(kept));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"%2e%2e/prod/", "..%2Fprod%2F", "%2e%2e%2fprod/"})
    void givesAPodNoWayRoundThroughItsOwnRegistry(String way)
            throws IOException, InterruptedException {
        var call = "POST alltkn/data/registry/test/" + way + "{new}" + CREATE;

        assertThat(answer("pod", "test", call).statusCode()).isIn(400, 403);
    }

    /// The policy alone lets two writers through that race for a new path; the version they name,
    /// none, does not.
    @Test
    void letsOneOfManyWritersMakeAnEntry() throws ExecutionException, InterruptedException {
        var path = "POST alltkn/data/registry/test/" + UUID.randomUUID() + CREATE;
        var statuses = new ArrayList<Integer>();

        try (var threads = Executors.newFixedThreadPool(16)) {
            Callable<Integer> write = () -> answer("pod", "test", path).statusCode();
            for (var future : threads.invokeAll(Stream.generate(() -> write).limit(60).toList())) {
                statuses.add(future.get());
            }
        }

        assertThat(statuses).filteredOn(status -> status == 200).hasSize(1);
        assertThat(statuses).filteredOn(status -> status == 400 || status == 403).hasSize(59);
    }

    @Test
    void keepsAnEntryClosedAfterAnAdministratorDeletedItsVersion()
            throws IOException, InterruptedException {
        var path = "registry/test/" + UUID.randomUUID();
        server.write(path, Map.of());
        server.delete(path);

        var again = answer("pod", "test", "POST alltkn/data/" + path + CREATE);

        assertThat(again.statusCode()).isEqualTo(403);
    }

    @Test
    void aPodOfTestCannotKeepProdFromRegisteringItsKey() throws IOException, InterruptedException {
        var entry = KeyFingerprint.of(Secret.of("test-key-" + UUID.randomUUID())).hex();
        var inProd = "alltkn/data/registry/prod/" + entry;

        for (var call : List.of("POST", "PUT", "PATCH", "DELETE")) {
            var tried = answer("pod", "test", call + " " + inProd + CREATE);
            assertThat(tried.statusCode()).isEqualTo(403);
        }
        for (var other : List.of("metadata", "delete", "undelete", "destroy")) {
            var path = inProd.replace("data", other);
            var tried = answer("pod", "test", "POST " + path + " {\"versions\":[1]}");
            assertThat(tried.statusCode()).isEqualTo(403);
        }
        // What it may write is under its own environment, and under names of keys that it knows.
        answer("pod", "test", "POST alltkn/data/registry/test/{new}" + CREATE);
        var registered = answer("pod", "prod", "POST " + inProd + CREATE);
        var seenByTest = answer("pod", "test", "GET " + inProd);

        assertThat(registered.statusCode()).isEqualTo(200);
        assertThat(body(registered).at("/data/version").asInt()).isEqualTo(1);
        // Its age comes with it, so that nobody needs the metadata.
        assertThat(body(seenByTest).at("/data/metadata/created_time").asText())
                .isEqualTo(body(registered).at("/data/created_time").asText())
                .isNotEmpty();
    }

    static List<Object[]> podsMay() {
        return calls(List.of(POD_MAY));
    }

    static List<Object[]> podsMayNot() {
        return calls(List.of(POD_MAY_NOT, NOBODY_MAY, List.of("GET auth/token/lookup-self")));
    }

    static List<Object[]> operatorsMay() {
        return calls(List.of(OPERATOR_MAY));
    }

    static List<Object[]> operatorsMayNot() {
        return calls(List.of(OPERATOR_MAY_NOT, NOBODY_MAY));
    }

    private static List<Object[]> calls(List<List<String>> lists) {
        var calls = new ArrayList<Object[]>();
        for (var environment : ENVIRONMENTS) {
            for (var call : lists.stream().flatMap(List::stream).toList()) {
                var own = call.replace("{E}", environment);
                ENVIRONMENTS.stream()
                        .filter(other -> !other.equals(environment))
                        .map(other -> own.replace("{O}", other))
                        .distinct()
                        .forEach(filled -> calls.add(new Object[] {environment, filled}));
            }
        }
        return calls;
    }

    private static HttpResponse<String> answer(String role, String environment, String call)
            throws IOException, InterruptedException {
        var parts = call.replace("{new}", UUID.randomUUID().toString()).split(" ", 3);
        var token = TOKENS.get(role + " " + environment);
        var request =
                HttpRequest.newBuilder(URI.create(server.url() + "/v1/" + parts[1]))
                        .timeout(Duration.ofSeconds(10))
                        .header("X-Vault-Token", token)
                        .header(
                                "Content-Type",
                                parts[0].equals("PATCH")
                                        ? "application/merge-patch+json"
                                        : "application/json")
                        .method(
                                parts[0],
                                parts.length < 3
                                        ? HttpRequest.BodyPublishers.noBody()
                                        : HttpRequest.BodyPublishers.ofString(parts[2]))
                        .build();
        return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private static JsonNode body(HttpResponse<String> answer) throws IOException {
        return JSON.readTree(answer.body());
    }
}
