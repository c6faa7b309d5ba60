package com.alltkn.gateway.management;

import io.quarkus.arc.All;
import io.quarkus.vertx.http.ManagementInterface;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// Stands before everything on the management port and lets through what a feature has asked for,
/// so that nothing a library brings along answers there.
@Singleton
final class ManagementPort {

    private final Set<String> paths;

    ManagementPort(@All List<ManagementPaths> features) {
        this.paths =
                features.stream()
                        .flatMap(feature -> feature.paths().stream())
                        .collect(Collectors.toUnmodifiableSet());
    }

    void register(@Observes ManagementInterface management) {
        management.router().route().order(Integer.MIN_VALUE).handler(this::check);
    }

    // The path as it was sent: another spelling of a listed one is not listed.
    private void check(RoutingContext routing) {
        if (paths.contains(routing.request().path())) {
            routing.next();
        } else {
            routing.response().setStatusCode(404).end();
        }
    }
}
