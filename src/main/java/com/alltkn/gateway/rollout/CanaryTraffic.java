package com.alltkn.gateway.rollout;

import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// Where exchanges tell how they ended while a candidate is tried out.
///
/// The public methods may be called by any thread at any time and never block.
public final class CanaryTraffic {

    /// By role and outcome.
    private final LongAdder[][] totals =
            new LongAdder[Role.values().length][CanaryOutcome.values().length];

    private volatile @Nullable CanaryTrial trial;

    CanaryTraffic() {
        for (var outcomes : totals) {
            Arrays.setAll(outcomes, _ -> new LongAdder());
        }
    }

    /// For the data path: one volatile read.
    ///
    /// @return whether a candidate is tried out, so that anybody wants to know
    public boolean isOn() {
        return trial != null;
    }

    /// Takes note of an exchange, unless it has no part in what is tried out.
    ///
    /// @param exchange how it ended
    public void ended(CanaryExchange exchange) {
        var present = trial;
        if (present == null) {
            return;
        }
        var role = present.take(exchange);
        if (role != null) {
            totals[role.ordinal()][exchange.outcome().ordinal()].increment();
        }
    }

    /// @param role of the revision that was bound
    /// @param outcome how it ended
    /// @return how many exchanges ended so, in all canaries of this process
    public long total(Role role, CanaryOutcome outcome) {
        return totals[role.ordinal()][outcome.ordinal()].sum();
    }

    // The loop's thread only, from here on.

    @Nullable CanaryTrial trial() {
        return trial;
    }

    /// @param next what is tried out from now on; null for nothing
    void watch(@Nullable CanaryTrial next) {
        trial = next;
    }

    /// The two that are compared.
    public enum Role {
        /// Carries most of the requests.
        ACTIVE,
        /// Carries a share of them.
        CANDIDATE;

        /// @return the role as meters show it
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
