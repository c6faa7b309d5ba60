package com.alltkn.gateway.quota;

import com.alltkn.gateway.error.GatewayError;

/// Whether a request may go on.
public sealed interface Admission {

    /// It may, and what it may cost is set aside for it.
    ///
    /// @param reservation to be settled or released, once
    record Admitted(Reservation reservation) implements Admission {}

    /// It may not, and costs nothing.
    ///
    /// @param error what the caller is told
    /// @param standing where the caller stands
    record Refused(GatewayError error, Standing standing) implements Admission {}
}
