package com.alltkn.gateway.sandbox;

import io.quarkus.arc.profile.IfBuildProfile;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.net.BindException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/// Runs the sandbox beside the gateway, from its start to its end.
@IfBuildProfile("dev")
@ApplicationScoped
class Sandbox {

    private static final Logger LOG = Logger.getLogger(Sandbox.class);

    /// About the speed of a real model's tokens.
    private static final Duration PAUSE = Duration.ofMillis(30);

    private static final Duration SLOWNESS = Duration.ofSeconds(10);

    private final SandboxServer server;
    private final int port;

    Sandbox(Vertx vertx, @ConfigProperty(name = "gateway.sandbox.url") URI url) {
        this.server = new SandboxServer(vertx, Clock.systemUTC(), PAUSE, SLOWNESS);
        this.port = url.getPort();
    }

    void start(@Observes StartupEvent event) {
        try {
            int opened = server.listen(port).toCompletionStage().toCompletableFuture().join();
            LOG.infof("sandbox started url=http://127.0.0.1:%d/api/v1", opened);
        } catch (CompletionException e) {
            if (!(e.getCause() instanceof BindException)) {
                throw e;
            }
            // Without the cause, because Quarkus prints the innermost message.
            throw new ConfigurationException(
                    "the sandbox cannot listen on 127.0.0.1:"
                            + port
                            + " because the port is taken: name another one in gateway.sandbox.url",
                    Set.of("gateway.sandbox.url"));
        }
    }

    void stop(@Observes ShutdownEvent event) {
        server.close().toCompletionStage().toCompletableFuture().join();
    }
}
