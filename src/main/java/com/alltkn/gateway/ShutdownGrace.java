package com.alltkn.gateway;

import com.alltkn.gateway.exchange.Exchanges;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/// The gateway's end, from the signal to the last exchange. Quarkus reports the pod unready at once
/// and waits for a delay, so that Kubernetes sends nobody here any more, and then for a timeout
/// until every request has ended. Shortly before that is over, whatever is still open is broken off
/// in words, not by the end of the process.
@Singleton
final class ShutdownGrace {

    private static final Logger LOG = Logger.getLogger(ShutdownGrace.class);

    /// What is kept of the grace for the last words to reach their callers.
    private static final Duration LAST_WORDS = Duration.ofSeconds(1);

    private final Exchanges exchanges;
    private final Vertx vertx;
    private final Duration grace;

    ShutdownGrace(
            Exchanges exchanges,
            Vertx vertx,
            @ConfigProperty(name = "quarkus.shutdown.delay") Optional<Duration> delay,
            @ConfigProperty(name = "quarkus.shutdown.timeout") Duration timeout) {
        this.exchanges = exchanges;
        this.vertx = vertx;
        this.grace = delay.orElse(Duration.ZERO).plus(timeout).minus(LAST_WORDS);
    }

    void begin(@Observes ShutdownDelayInitiatedEvent event) {
        exchanges.drain();
        var _ = vertx.setTimer(Math.max(1, grace.toMillis()), _ -> breakOff());
    }

    private void breakOff() {
        var outlasted = exchanges.breakOff();
        if (outlasted > 0) {
            LOG.warnf("exchanges outlasted the grace of a shutdown count=%d", outlasted);
        }
    }
}
