package com.alltkn.gateway.openai;

import org.jspecify.annotations.Nullable;

/// What came of reading a request's JSON body.
public sealed interface BodyReading permits JsonRequest, BodyReading.Unreadable {

    /// A body that must not be forwarded, for the gateway and the upstream might read it
    /// differently.
    ///
    /// @param message the fact, in lower case, without anything of the body
    /// @param param the field at fault, if one is
    /// @param code a fixed word for programs: `invalid_json`, `invalid_multipart`,
    ///   `duplicate_field`, `invalid_type` or `invalid_value`
    record Unreadable(String message, @Nullable String param, String code) implements BodyReading {}
}
