package com.alltkn.gateway.openai;

/// How a stream of server-sent events says that it is whole.
public enum StreamEnd {
    /// `data: [DONE]`.
    DONE,
    /// An event of the type `response.completed`, `response.failed` or `response.incomplete`.
    RESPONSE,
    /// No known last event; only the transport tells whether the stream was cut.
    NONE
}
