package com.alltkn.gateway;

import io.quarkus.vertx.http.ManagementInterface;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Set;

/// Stands before everything on the management port and lets through what is listed here, so that
/// nothing a library brings along answers there.
@ApplicationScoped
final class ManagementPort {

    private static final Set<String> PATHS =
            Set.of("/q/health/live", "/q/health/started", "/q/health/ready", "/q/metrics");

    void register(@Observes ManagementInterface management) {
        management.router().route().order(Integer.MIN_VALUE).handler(ManagementPort::check);
    }

    // The path as it was sent: another spelling of a listed one is not listed.
    private static void check(RoutingContext routing) {
        if (PATHS.contains(routing.request().path())) {
            routing.next();
        } else {
            routing.response().setStatusCode(404).end();
        }
    }
}
