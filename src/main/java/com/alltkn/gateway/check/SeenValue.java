package com.alltkn.gateway.check;

import java.util.Locale;
import java.util.regex.Pattern;

/// The value of a setting as far as people may see it.
public sealed interface SeenValue {

    /// Of whatever holds credentials, and of addresses and lists of them, which may hold a
    /// password.
    Pattern MAY_HOLD_A_SECRET =
            Pattern.compile(
                    ".*(pass|pwd|secret|token|credential|key|auth|cookie|header|jwt|hosts|ur[il]"
                            + "|endpoint|proxy|issuer).*");

    /// @param name of a setting, in any spelling
    /// @return whether its value must not be shown
    static boolean mayHoldASecret(String name) {
        return MAY_HOLD_A_SECRET.matcher(name.toLowerCase(Locale.ROOT)).matches();
    }

    /// @return for people
    String words();

    /// Nothing is set.
    record Unset() implements SeenValue {

        @Override
        public String words() {
            return "not set";
        }
    }

    /// May be shown.
    ///
    /// @param text as it is set
    record Shown(String text) implements SeenValue {

        @Override
        public String words() {
            return text;
        }
    }

    /// May hold a secret.
    record Hidden() implements SeenValue {

        @Override
        public String words() {
            return "set, and not shown as it may hold a secret";
        }
    }
}
