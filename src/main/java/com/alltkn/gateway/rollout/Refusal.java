package com.alltkn.gateway.rollout;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A 401 in traffic.
///
/// @param bound the revision that the attempt was bound to
/// @param model which model to confirm it with
record Refusal(Revision bound, String model) {

    /// A caller chooses the name, and logs show it.
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}");

    /// @param model which model was asked for; the default one stands for null, and for what is no
    ///   usual name
    static Refusal of(Revision bound, @Nullable String model) {
        return new Refusal(
                bound,
                model != null && NAME.matcher(model).matches()
                        ? model
                        : bound.settings().defaultModel());
    }
}
