package com.alltkn.gateway.upstream;

import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import java.util.OptionalLong;

/// What is asked of upstream.
///
/// @param method the HTTP method
/// @param pathAndQuery what follows the base URL, undecoded, beginning with `/`
/// @param callerHeaders the caller's headers, of which only the allowed ones go on
/// @param body what is sent
/// @param reuse which connection it may go on
public record UpstreamRequest(
        String method, String pathAndQuery, MultiMap callerHeaders, Body body, Reuse reuse) {

    /// Which connections a request may go on. One that is idle may be closed already.
    public enum Reuse {
        /// Any, for a request that one of them loses is sent anew.
        ANY,
        /// One that was in use a moment ago, or a new one.
        WARM,
        /// None: a new one.
        NONE
    }

    /// The body of a request.
    public sealed interface Body {

        /// No body.
        record Empty() implements Body {}

        /// A body in memory.
        ///
        /// @param bytes all of it
        record Whole(Buffer bytes) implements Body {}

        /// A body that is passed on while it arrives.
        ///
        /// @param length its length in bytes, if the caller declared one
        /// @param feed writes it into the request and ends that; it calls [Attempt#sending()] for
        ///   every piece
        record Streamed(OptionalLong length, Handler<HttpClientRequest> feed) implements Body {}
    }
}
