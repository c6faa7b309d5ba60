package com.alltkn.gateway.rollout;

import com.alltkn.gateway.check.Strictness;
import java.util.regex.Pattern;

/// Which environment this process belongs to. Several environments can share a profile (`prod-eu`,
/// `prod-us`): the name says where settings are read, the profile how strict to be.
///
/// @param name letters `a-z`, digits and hyphens; part of the path in Vault
/// @param strictness what the active profile allows
public record GatewayEnvironment(String name, Strictness strictness) {

    private static final Pattern NAME = Pattern.compile("[a-z0-9-]+");

    /// Checks the name.
    public GatewayEnvironment {
        if (!isName(name)) {
            throw new IllegalArgumentException(
                    "gateway.environment must be made of a-z, 0-9 and hyphens, not " + name);
        }
    }

    static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }
}
