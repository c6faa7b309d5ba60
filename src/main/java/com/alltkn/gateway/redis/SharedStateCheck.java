package com.alltkn.gateway.redis;

import com.alltkn.gateway.check.Start;
import com.alltkn.gateway.check.StartCheck;
import java.util.Set;

/// Where pods share what they share, and that it is no stranger's Redis.
public final class SharedStateCheck implements StartCheck {

    private static final String HOSTS = "quarkus.redis.hosts";

    @Override
    public void look(Start start) {
        place(start);
        if (start.refusesDangerousSettings()) {
            comparedName(start);
        }
    }

    private static void place(Start start) {
        var name = "gateway.shared-state";
        var where = start.value(name);
        switch (where) {
            case "memory" -> {}
            case "redis" -> {
                if (start.isMissing(HOSTS)) {
                    start.refuse(
                            HOSTS,
                            "is missing, which gateway.shared-state=redis needs",
                            "set it to Redis' address");
                }
            }
            default ->
                    start.refuse(
                            name,
                            "must be one of memory, redis, not " + where,
                            "set it to one of them");
        }
    }

    /// Its client compares no name unless it is told to. By a TLS configuration that says nothing
    /// of names it makes no connection at all.
    private static void comparedName(Start start) {
        var name = "quarkus.redis.tls.hostname-verification-algorithm";
        var overTls =
                Start.isYes(start.value("quarkus.redis.tls.enabled"))
                        || start.value(HOSTS).contains("rediss:");
        if (overTls
                && start.isMissing("quarkus.redis.tls-configuration-name")
                && !Set.of("HTTPS", "LDAPS").contains(start.value(name))) {
            start.refuse(
                    name,
                    "must be HTTPS in "
                            + start.profile()
                            + ", else anybody's certificate will do for Redis",
                    "set it to HTTPS");
        }
    }
}
