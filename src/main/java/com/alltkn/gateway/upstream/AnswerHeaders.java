package com.alltkn.gateway.upstream;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.List;
import java.util.Locale;

/// The headers of upstream's answer that a caller sees. Upstream's own limits and request id come
/// under `x-upstream-…`, for they are the account's, not the caller's.
public final class AnswerHeaders {

    private static final List<CharSequence> ALLOWED =
            List.of(
                    HttpHeaders.CONTENT_TYPE,
                    HttpHeaders.CONTENT_DISPOSITION,
                    HttpHeaders.createOptimized("openai-processing-ms"),
                    HttpHeaders.createOptimized("openai-version"));

    private static final CharSequence REQUEST_ID = HttpHeaders.createOptimized("x-request-id");
    private static final String RATE_LIMIT = "x-ratelimit-";

    private AnswerHeaders() {}

    /// Copies what may pass.
    ///
    /// @param from upstream's headers
    /// @param to the caller's
    public static void copy(MultiMap from, MultiMap to) {
        for (var name : ALLOWED) {
            var value = from.get(name);
            if (value != null) {
                to.set(name, value);
            }
        }
        var requestId = from.get(REQUEST_ID);
        if (requestId != null) {
            to.set("x-upstream-request-id", requestId);
        }
        for (var header : from) {
            var name = header.getKey();
            if (name.length() > RATE_LIMIT.length()
                    && name.regionMatches(true, 0, RATE_LIMIT, 0, RATE_LIMIT.length())) {
                to.set(
                        "x-upstream-" + name.substring(2).toLowerCase(Locale.ROOT),
                        header.getValue());
            }
        }
    }
}
