package com.alltkn.gateway.caller;

/// The callers file is wrong; the message says where and how.
public final class InvalidCallersException extends RuntimeException {

    /// @param message the place in the file and what is wrong there
    public InvalidCallersException(String message) {
        super(message);
    }
}
