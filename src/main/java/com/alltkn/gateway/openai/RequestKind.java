package com.alltkn.gateway.openai;

/// What the body of a request is.
public enum RequestKind {
    /// One JSON object, buffered and read.
    JSON,
    /// A form with files, streamed and never tried again.
    MULTIPART,
    /// No body.
    NONE
}
