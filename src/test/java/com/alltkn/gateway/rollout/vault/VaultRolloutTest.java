package com.alltkn.gateway.rollout.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.rollout.RevisionLoop;
import com.alltkn.gateway.rollout.Revisions;
import com.alltkn.gateway.secret.KeyId;
import com.alltkn.gateway.secret.Secret;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.logging.Logger;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@SuppressWarnings("NullAway.Init") // the test resource fills the fields
@WithTestResource(OpenBaoResource.class)
class VaultRolloutTest {

    // One poll of 1 s and its spread, and the time of the test itself.
    private static final Duration ONE_POLL = Duration.ofMillis(1800);

    OpenBaoServer server;
    ScriptedUpstream upstream;
    @MadeUpKey String key;
    @Inject Revisions revisions;
    @Inject RevisionLoop loop;

    @BeforeEach
    void waitForTheKey() {
        server.write(OpenBaoResource.PATH, Map.of("ALLTKN_API_KEY", key));
        loop.wake();
        await().until(() -> isActive(key));
    }

    @Test
    void followsANewVersionWithinOnePoll() {
        server.write(OpenBaoResource.PATH, Map.of("ALLTKN_API_KEY", key + "-2"));

        await().atMost(ONE_POLL)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> isActive(key + "-2"));
    }

    @Test
    void doesNotFollowAKeyThatUpstreamRefuses() {
        upstream.forget();
        upstream.answerPrompts(Script.json(401, "{\"error\":{\"message\":\"no\"}}"));
        server.write(OpenBaoResource.PATH, Map.of("ALLTKN_API_KEY", key + "-bad"));

        await().until(() -> !upstream.prompts().isEmpty());

        assertThat(isActive(key)).isTrue();
        assertThat(upstream.prompts().getFirst().header("authorization"))
                .contains("Bearer " + key + "-bad");
        upstream.forget();
    }

    @Test
    void followsAPinAndItsRemovalWithinOnePoll() {
        var pinned = server.write(OpenBaoResource.PATH, Map.of("ALLTKN_API_KEY", key + "-3"));
        server.write(OpenBaoResource.PATH, Map.of("ALLTKN_API_KEY", key + "-4"));
        await().until(() -> isActive(key + "-4"));

        server.annotate(OpenBaoResource.PATH, Map.of("pinned_version", Integer.toString(pinned)));
        await().atMost(ONE_POLL).until(() -> isActive(key + "-3"));

        server.annotate(OpenBaoResource.PATH, Map.of());
        await().atMost(ONE_POLL).until(() -> isActive(key + "-4"));
    }

    @Test
    void keepsTheRevisionWhateverHappensAndLogsNoSecretAtTheFinestLevel() {
        var token =
                ConfigProvider.getConfig()
                        .getValue("quarkus.vault.authentication.client-token", String.class);
        var active = revisions.active().map(Revision::contentId);
        List<String> lines;
        try (var tap = new LogTap()) {
            server.write(
                    OpenBaoResource.PATH, Map.of("ALLTKN_API_KEY", "\n" + key, "OTHER", token));
            awaitLine(tap, "revision rejected", "key_has_line_break");
            server.delete(OpenBaoResource.PATH);
            awaitLine(tap, "source unavailable", "reason=deleted");
            server.podPolicy("pod", "elsewhere");
            awaitLine(tap, "source unavailable", "reason=denied");
            server.podPolicy("pod", OpenBaoResource.PATH);
            server.seal();
            awaitLine(tap, "source unavailable", "reason=sealed");
            server.unseal();
            server.write(OpenBaoResource.PATH, Map.of("ALLTKN_API_KEY", key));
            awaitLine(tap, "source available", "source=vault");
            awaitLine(tap, "revision renumbered", "keyId=" + KeyId.of(Secret.of(key)));
            Logger.getLogger("com.alltkn").finest("the tap hears the finest level");
            lines = tap.lines();
        }

        assertThat(revisions.active().map(Revision::contentId)).isEqualTo(active);
        assertThat(lines).anyMatch(line -> line.contains("the tap hears the finest level"));
        assertThat(lines).noneMatch(line -> line.contains(key) || line.contains(token));
    }

    private void awaitLine(LogTap tap, String event, String detail) {
        await().pollInterval(Duration.ofMillis(50))
                .until(() -> {
                    loop.wake();
                    return tap.lines().stream()
                            .anyMatch(l -> l.contains(event) && l.contains(detail));
                });
    }

    private boolean isActive(String expected) {
        return revisions
                .active()
                .filter(revision -> revision.keyId().equals(KeyId.of(Secret.of(expected))))
                .isPresent();
    }
}
