package com.alltkn.gateway.openai;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;

/// The types of events that end a stream or report an error, whether told by the `event:` line or
/// by `type` in the data.
enum EventType {
    COMPLETED("response.completed"),
    FAILED("response.failed"),
    INCOMPLETE("response.incomplete"),
    ERROR("error"),
    OTHER("");

    private static final EventType[] NAMED = {COMPLETED, FAILED, INCOMPLETE, ERROR};

    private final byte[] word;

    EventType(String word) {
        this.word = word.getBytes(US_ASCII);
    }

    /// The type with this name.
    static EventType of(byte[] bytes, int from, int to) {
        for (var type : NAMED) {
            if (Arrays.equals(bytes, from, to, type.word, 0, type.word.length)) {
                return type;
            }
        }
        return OTHER;
    }

    /// Whether no event follows on `/responses`.
    boolean endsResponse() {
        return switch (this) {
            case COMPLETED, FAILED, INCOMPLETE -> true;
            case ERROR, OTHER -> false;
        };
    }

    boolean reportsError() {
        return switch (this) {
            case FAILED, ERROR -> true;
            case COMPLETED, INCOMPLETE, OTHER -> false;
        };
    }
}
