package com.alltkn.gateway.rollout;

import java.util.Locale;

/// Why a source gave no settings. None of these takes a revision away that is already there.
public enum SourceFailure {
    /// The source has nothing under that name.
    ABSENT(true),
    /// The current version was deleted; it could be undeleted.
    DELETED(true),
    /// The current version was destroyed for good.
    DESTROYED(true),
    /// The source knows the gateway but does not let it read.
    DENIED(true),
    /// The source does not let the gateway in: wrong, expired or missing login.
    LOGIN_REFUSED(true),
    /// Something in the gateway's own configuration is missing.
    NOT_CONFIGURED(true),
    /// Vault is sealed.
    SEALED(false),
    /// Nothing answers at the address.
    UNREACHABLE(false),
    /// The two sides do not agree on TLS, such as an unknown certificate authority.
    TLS_FAILED(true),
    /// No answer within the deadline.
    TIMEOUT(false),
    /// The source answers with a failure of its own.
    FAILING(false),
    /// What came is not what this source says.
    RUBBISH(false);

    private final boolean needsSomebody;

    SourceFailure(boolean needsSomebody) {
        this.needsSomebody = needsSomebody;
    }

    /// @return whether it stays until somebody acts, so that it is logged as an error
    public boolean needsSomebody() {
        return needsSomebody;
    }

    /// @return the reason as logs and meters show it
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
