package com.alltkn.gateway.rollout;

import java.util.List;

/// What upstream says of the models that there are.
public sealed interface ModelList {

    /// These can be asked for.
    ///
    /// @param names their names, fit for logs; empty where upstream does not tell
    record Offered(List<String> names) implements ModelList {

        /// Copies.
        public Offered {
            names = List.copyOf(names);
        }
    }

    /// Upstream refused the key.
    ///
    /// @param words upstream's own, without the key
    record Refused(String words) implements ModelList {}
}
