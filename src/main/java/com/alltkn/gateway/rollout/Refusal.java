package com.alltkn.gateway.rollout;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A 401 in traffic.
///
/// @param bound the revision that the attempt was bound to
/// @param named which model was asked for; null where nobody has said so
record Refusal(Revision bound, @Nullable String named) {

    /// A caller chooses the name, and logs show it.
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}");

    /// @param model which model was asked for, if it is a usual name
    static Refusal of(Revision bound, @Nullable String model) {
        return new Refusal(bound, model != null && NAME.matcher(model).matches() ? model : null);
    }

    /// @return which model to confirm it with: the default one where none was named
    String model() {
        return named == null ? bound.settings().defaultModel() : named;
    }

    /// Whoever waits for another revision has said before which model was refused.
    ///
    /// @param before what was said before
    /// @return this, or what was said before if that says more
    Refusal after(@Nullable Refusal before) {
        return named == null && before != null && before.bound.sameContentAs(bound) ? before : this;
    }
}
