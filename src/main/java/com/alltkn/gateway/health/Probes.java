package com.alltkn.gateway.health;

import com.alltkn.gateway.rollout.Revisions;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;
import org.eclipse.microprofile.health.Startup;

/// The answers to Kubernetes' probes. Each is one read of memory: no probe ever asks Vault or
/// upstream, so that neither can make a fleet restart or leave its service.
@ApplicationScoped
public class Probes {

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
            var response =
                    HealthCheckResponse.named("revision")
                            .status(revisions.activeOrNull() != null)
                            .withData("stage", revisions.stage().word());
            revisions
                    .alarmSentences()
                    .forEach((alarm, sentence) -> response.withData(alarm.word(), sentence));
            revisions
                    .whyRejected()
                    .ifPresent(rejection ->
                            response.withData(
                                    "rejected",
                                    rejection.reason().word() + ": " + rejection.sentence()));
            return response.build();
        };
    }
}
