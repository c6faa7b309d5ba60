package com.alltkn.gateway.rollout;

import com.alltkn.gateway.check.Start;
import com.alltkn.gateway.check.StartCheck;

/// Where revisions come from, and in whose name.
public final class SourceCheck implements StartCheck {

    @Override
    public void look(Start start) {
        source(start);
        environment(start);
        sandbox(start);
    }

    private static void source(Start start) {
        var name = "gateway.source";
        var source = start.value(name);
        switch (source) {
            case "vault", "file" -> {}
            case "environment" -> {
                if (start.refusesDangerousSettings()) {
                    start.refuse(
                            name,
                            "must not be environment in " + start.profile(),
                            "set it to vault or file");
                }
            }
            default ->
                    start.refuse(
                            name,
                            "must be one of vault, file, environment, not " + source,
                            "set it to one of them");
        }
    }

    private static void environment(Start start) {
        var name = "gateway.environment";
        var environment = start.value(name);
        if (!environment.isEmpty() && !GatewayEnvironment.isName(environment)) {
            start.refuse(
                    name,
                    "must be made of a-z, 0-9 and hyphens, not " + environment,
                    "spell it so, or leave it out: it is the profile's name then");
        }
    }

    private static void sandbox(Start start) {
        var name = "gateway.sandbox.url";
        if (start.refusesDangerousSettings() && start.isSet(name)) {
            start.refuse(name, "must not be set in " + start.profile(), "leave it to dev");
        }
    }
}
