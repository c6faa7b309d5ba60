package com.alltkn.gateway.startup;

import io.quarkus.runtime.configuration.ConfigurationException;
import java.util.List;
import java.util.Set;

/// A start that the gateway itself refuses. Its sentences are the gateway's own, so they hold no
/// secret.
final class RefusedStartException extends ConfigurationException {

    private static final long serialVersionUID = 1L;

    RefusedStartException(List<String> sentences) {
        super("\n  - " + String.join("\n  - ", sentences), Set.of());
    }
}
