package com.alltkn.gateway.exchange.answer;

import com.alltkn.gateway.quota.Standing;
import io.vertx.core.MultiMap;
import java.time.Duration;

/// The caller's own limits as OpenAI's clients read them: `x-ratelimit-{limit,remaining,reset}-`
/// for `requests` and `tokens`, a reset as `20ms`, `1s` or `6m0s`.
final class RateLimitHeaders {

    private RateLimitHeaders() {}

    static void write(Standing standing, MultiMap headers) {
        standing.requests().ifPresent(rate -> write("requests", rate, headers));
        standing.tokens().ifPresent(rate -> write("tokens", rate, headers));
    }

    private static void write(String of, Standing.Rate rate, MultiMap headers) {
        headers.set("x-ratelimit-limit-" + of, Long.toString(rate.limit()));
        headers.set("x-ratelimit-remaining-" + of, Long.toString(rate.remaining()));
        headers.set("x-ratelimit-reset-" + of, text(rate.reset()));
    }

    static String text(Duration reset) {
        if (reset.toSeconds() == 0) {
            return reset.toMillis() + "ms";
        }
        // Whole seconds, rounded up: whoever waits so long finds it true.
        var seconds = reset.plusMillis(999).toSeconds();
        return seconds < 60 ? seconds + "s" : seconds / 60 + "m" + seconds % 60 + "s";
    }
}
