package com.alltkn.gateway.rollout;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.vault.client.common.VaultRequest;
import io.quarkus.vault.client.common.VaultResponse;
import io.quarkus.vault.client.http.VaultHttpClient;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/// A Vault that the real client, source and registry talk to without a network, and that counts.
/// Its tokens are those of `deploy/vault/setup.sh`: 20 minutes, to be renewed for a day.
final class FleetVault {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String LOGIN = "auth/kubernetes/login";
    private static final Duration TOKEN = Duration.ofMinutes(20);
    private static final Duration OLDEST_TOKEN = Duration.ofHours(24);
    private static final Duration LATENCY = Duration.ofMillis(5);

    /// Everything that is asked, answered or not.
    final PerSecond calls = new PerSecond();

    final PerSecond reads = new PerSecond();
    final PerSecond logins = new PerSecond();

    private final FleetWorld world;
    private final Set<String> entries = new TreeSet<>();
    private final Map<Integer, byte[]> metadata = new HashMap<>();

    FleetVault(FleetWorld world) {
        this.world = world;
    }

    /// @return how a pod reaches it
    VaultHttpClient connection(FleetPod pod) {
        return new VaultHttpClient() {
            @Override
            public <T> CompletionStage<VaultResponse<T>> execute(VaultRequest<T> request) {
                var at = pod.instant();
                var path = request.getUri().getPath().substring("/v1/".length());
                count(path, isRead(request), at);
                if (world.isVaultDown(at)) {
                    return CompletableFuture.failedFuture(new ConnectException("down"));
                }
                pod.pass(LATENCY);
                var answer = answer(path, request, at);
                return buildResponse(request, answer.status, List.of(), answer.body);
            }

            @Override
            public void close() {}
        };
    }

    private void count(String path, boolean isRead, Instant at) {
        calls.count(at);
        if (isRead) {
            reads.count(at);
        } else if (path.equals(LOGIN)) {
            logins.count(at);
        }
    }

    private static boolean isRead(VaultRequest<?> request) {
        return request.getMethod() == VaultRequest.Method.GET;
    }

    private Answer answer(String path, VaultRequest<?> request, Instant at) {
        return switch (path) {
            case LOGIN -> token(at, at);
            case "auth/token/renew-self" ->
                    token(Instant.parse(request.getToken().orElseThrow().substring(2)), at);
            case "alltkn/metadata/prod" -> metadata(world.keys.headMap(at, true).size());
            case "alltkn/data/prod" ->
                    data(request.getQueryParams().getOrDefault("version", "none"));
            default -> registry(path, isRead(request));
        };
    }

    /// The token tells when it was given.
    private static Answer token(Instant given, Instant at) {
        var left = Duration.between(at, given.plus(OLDEST_TOKEN));
        var lease = left.compareTo(TOKEN) < 0 ? left : TOKEN;
        return Answer.of(
                Map.of(
                        "auth",
                        Map.of(
                                "client_token",
                                "s." + given,
                                "lease_duration",
                                lease.toSeconds(),
                                "renewable",
                                true)));
    }

    private Answer metadata(int current) {
        return new Answer(
                200,
                metadata.computeIfAbsent(
                        current,
                        _ -> {
                            var versions = new TreeMap<String, Object>();
                            for (var written :
                                    world.keys.keySet().stream().limit(current).toList()) {
                                versions.put(
                                        Integer.toString(versions.size() + 1),
                                        Map.of(
                                                "created_time",
                                                written.toString(),
                                                "deletion_time",
                                                "",
                                                "destroyed",
                                                false));
                            }
                            return Answer.of(
                                            Map.of(
                                                    "data",
                                                    Map.of(
                                                            "current_version",
                                                            current,
                                                            "versions",
                                                            versions)))
                                    .body;
                        }));
    }

    private Answer data(String version) {
        var key = List.copyOf(world.keys.values()).get(Integer.parseInt(version) - 1);
        return entry(Map.of("ALLTKN_API_KEY", key));
    }

    private Answer registry(String path, boolean isRead) {
        if (isRead) {
            return entries.contains(path) ? entry(Map.of()) : new Answer(404, "{\"errors\":[]}");
        }
        entries.add(path);
        return Answer.of(Map.of("data", Map.of("version", 1)));
    }

    private static Answer entry(Map<String, String> fields) {
        return Answer.of(
                Map.of(
                        "data",
                        Map.of(
                                "data",
                                fields,
                                "metadata",
                                Map.of("created_time", Instant.EPOCH.toString(), "version", 1))));
    }

    private record Answer(int status, byte[] body) {

        Answer(int status, String body) {
            this(status, body.getBytes(StandardCharsets.UTF_8));
        }

        static Answer of(Map<String, Object> body) {
            try {
                return new Answer(200, JSON.writeValueAsBytes(body));
            } catch (JsonProcessingException e) {
                throw new AssertionError(e);
            }
        }
    }
}
