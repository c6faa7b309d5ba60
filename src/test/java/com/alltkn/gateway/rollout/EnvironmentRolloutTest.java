package com.alltkn.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.check.Strictness;
import com.alltkn.gateway.laboratory.MadeUpCallers;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Without a word about Vault in the configuration.
@QuarkusTest
@TestProfile(EnvironmentRolloutTest.Sandbox.class)
class EnvironmentRolloutTest {

    @Inject Revisions revisions;
    @Inject GatewayEnvironment environment;

    @Test
    void startsAndSpeaksToTheSandbox() {
        await().until(() -> revisions.activeOrNull() != null);

        var revision = revisions.active().orElseThrow();
        assertThat(revision.source()).isEqualTo("sandbox");
        assertThat(revision.settings().apiKey().reveal()).isEqualTo("sandbox-key");
        assertThat(revision.settings().baseUrl())
                .isEqualTo(URI.create("http://127.0.0.1:8099/api/v1"));
        assertThat(revision.settings().defaultModel()).isEqualTo("a-model-of-the-environment");
        assertThat(revision.settings().origins())
                .containsEntry("ALLTKN_BASE_URL", "sandbox")
                .containsEntry("ALLTKN_DEFAULT_MODEL", "environment")
                .containsEntry("AI_LOG_LEVEL", "default");
        assertThat(environment).isEqualTo(new GatewayEnvironment("test", Strictness.TEST));
    }

    public static final class Sandbox implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "gateway.source", "environment",
                    "gateway.callers.file", MadeUpCallers.file("test-caller").toString(),
                    "gateway.sandbox.url", "http://127.0.0.1:8099/api/v1",
                    "gateway.upstream.allowed-hosts", "127.0.0.1",
                    "ALLTKN_DEFAULT_MODEL", "a-model-of-the-environment");
        }
    }
}
