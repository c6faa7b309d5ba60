package com.alltkn.gateway.health;

import com.alltkn.gateway.management.ManagementPaths;
import com.alltkn.gateway.rollout.Revisions;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Set;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;
import org.eclipse.microprofile.health.Startup;

/// The answers to Kubernetes' probes. Each is one read of memory: no probe ever asks Vault or
/// upstream, so that neither can make a fleet restart or leave its service.
@ApplicationScoped
public class Probes implements ManagementPaths {

    @Override
    public Set<String> paths() {
        return Set.of("/q/health/live", "/q/health/started", "/q/health/ready");
    }

    /// The process answers, and not only on the event loop that the probe happened to come to.
    @Produces
    @Singleton
    @Liveness
    HealthCheck live(EventLoops loops) {
        return () -> HealthCheckResponse.named("live").status(loops.areWell()).build();
    }

    /// Both ports are open and the configuration was accepted, else the process would have ended.
    /// Vault has no part in it.
    @Produces
    @Singleton
    @Startup
    HealthCheck started() {
        return () -> HealthCheckResponse.up("started");
    }

    /// There is a revision, so requests can be carried. Says where the rollout stands, and in whose
    /// words what somebody has to look at; none of it ever holds a key.
    @Produces
    @Singleton
    @Readiness
    HealthCheck ready(Revisions revisions) {
        return () -> {
            var known = revisions.view();
            var response =
                    HealthCheckResponse.named("revision")
                            .status(known.active().isPresent())
                            .withData("stage", known.stage().word());
            known.alarms().forEach((alarm, sentence) -> response.withData(alarm.word(), sentence));
            known.rejection()
                    .ifPresent(rejection ->
                            response.withData(
                                    "rejected",
                                    rejection.reason().word() + ": " + rejection.sentence()));
            return response.build();
        };
    }
}
