package com.alltkn.gateway.redis;

import io.vertx.redis.client.Response;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What a script answered: a list of whole numbers and texts.
public final class Reply {

    private final Response response;

    Reply(@Nullable Response response) {
        this.response = Objects.requireNonNull(response);
    }

    /// @param index from 0
    /// @return the number that stands there
    /// @throws RuntimeException if there is none, for whatever answered was no such script
    public long number(int index) {
        return Objects.requireNonNull(response.get(index).toLong());
    }

    /// @param index from 0
    /// @return the text that stands there
    /// @throws RuntimeException if there is none
    public String text(int index) {
        return response.get(index).toString();
    }
}
