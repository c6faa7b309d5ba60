package com.alltkn.gateway.rollout.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.rollout.Revisions;
import com.alltkn.gateway.secret.Secret;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Duration;
import org.junit.jupiter.api.Test;

@QuarkusTest
@SuppressWarnings("NullAway.Init") // the test resource fills the fields
@WithTestResource(
        value = OpenBaoResource.class,
        initArgs = {
            @ResourceArg(name = "login", value = "approle"),
            @ResourceArg(name = "running", value = "false")
        })
class StartWithoutVaultTest {

    OpenBaoServer server;
    @MadeUpKey String key;
    @Inject Revisions revisions;

    @Test
    void hasARevisionWithinFiveSecondsAfterVaultAnswers() {
        assertThat(revisions.active()).isEmpty();

        server.start();
        server.unseal();

        await().atMost(Duration.ofSeconds(5)).until(() -> revisions.activeOrNull() != null);
        assertThat(revisions.active().map(revision -> revision.settings().apiKey()))
                .contains(Secret.of(key));
    }
}
