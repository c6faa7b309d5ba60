package com.alltkn.gateway.rollout;

import java.util.Locale;

/// Why settings were rejected: most by a rule, before anything was sent with them, the last few by
/// what upstream answered.
public enum RejectionReason {
    /// No key at all.
    KEY_MISSING,
    /// The key is a number, a boolean or a structure.
    KEY_NOT_TEXT,
    /// Nothing but white space.
    KEY_BLANK,
    /// More than 4096 characters.
    KEY_TOO_LONG,
    /// CR or LF, often one at the end of a pasted value; in a header it could split a request.
    KEY_HAS_LINE_BREAK,
    /// Another control character.
    KEY_HAS_CONTROL_CHARACTER,
    /// A space.
    KEY_HAS_SPACE,
    /// A character outside of ASCII.
    KEY_NOT_ASCII,
    /// A word that stands for a key, as documents and templates have it.
    KEY_PLACEHOLDER,
    /// A key that some page or log has shortened or covered.
    KEY_MASKED,
    /// A reference that somebody should have replaced by what it refers to.
    UNRESOLVED_REFERENCE,
    /// Another setting contains the key, and settings are shown.
    KEY_IN_ANOTHER_SETTING,
    /// A list or an object where one value is expected.
    NOT_A_VALUE,
    /// A setting other than the key that is there but blank.
    BLANK,
    /// The base URL cannot be read as one.
    BASE_URL_INVALID,
    /// The base URL holds a user or password.
    BASE_URL_HAS_USER_INFO,
    /// The base URL holds a query.
    BASE_URL_HAS_QUERY,
    /// The base URL holds a fragment.
    BASE_URL_HAS_FRAGMENT,
    /// The base URL would send the key unencrypted.
    BASE_URL_NOT_HTTPS,
    /// The base URL would send the key to a host that is not on the list.
    BASE_URL_HOST_NOT_ALLOWED,
    /// A model's name with a space or control character.
    MODEL_INVALID,
    /// A model's name of more than 200 characters.
    MODEL_TOO_LONG,
    /// More than 8 fallback models.
    TOO_MANY_MODELS,
    /// The time-out is no whole number.
    TIMEOUT_NOT_A_NUMBER,
    /// The time-out is below 1 ms or above one hour.
    TIMEOUT_OUT_OF_RANGE,
    /// No such log level.
    LOG_LEVEL_UNKNOWN,
    /// The canary's share is no whole number of percent from 0 to 50.
    CANARY_PERCENT_INVALID,
    /// Another environment had the key first.
    KEY_SHARED,
    /// Upstream refused the key each time it was asked, while others showed that it was the key's
    /// fault; or it did so in traffic during the canary, and prompts have confirmed it.
    KEY_REFUSED,
    /// The share of the exchanges that it carried went worse than those of the active revision.
    CANARY_WORSE,
    /// Upstream refused the key soon after its promotion, while the previous one still worked.
    ROLLED_BACK;

    /// @return the reason as logs and meters show it
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
