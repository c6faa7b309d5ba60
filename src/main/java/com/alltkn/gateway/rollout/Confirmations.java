package com.alltkn.gateway.rollout;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/// When what traffic met may be confirmed by prompts: at once at first, and after each time that
/// changed nothing, following a pause that doubles. Each model has its own pause, for one that is
/// refused says nothing of the next; but only as many have one as prompts can be asked for, and a
/// caller may ask for any.
///
/// For one thread at a time.
final class Confirmations {

    static final Duration SHORTEST = Duration.ofSeconds(10);
    static final Duration LONGEST = Duration.ofMinutes(5);

    private static final int MAX_MODELS = 2;
    private static final Duration FORGOTTEN = Duration.ofMinutes(10);

    private final Map<String, Rest> byModel = new LinkedHashMap<>(4, 0.75f, true);

    boolean isDue(String model, Instant now) {
        byModel.values().removeIf(rest -> !rest.until.plus(FORGOTTEN).isAfter(now));
        var rest = byModel.get(model);
        return rest == null
                ? byModel.size() < MAX_MODELS
                        || byModel.values().stream().anyMatch(r -> r.over(now))
                : rest.over(now);
    }

    /// The model was asked for, and nothing has changed.
    void rest(String model, Instant now) {
        var before = byModel.get(model);
        if (before == null && byModel.size() >= MAX_MODELS) {
            byModel.values().removeIf(rest -> rest.over(now));
        }
        var pause = before == null ? SHORTEST : before.pause.multipliedBy(2);
        var bounded = pause.compareTo(LONGEST) > 0 ? LONGEST : pause;
        byModel.put(model, new Rest(bounded, now.plus(bounded)));
    }

    /// Another revision carries requests.
    void clear() {
        byModel.clear();
    }

    private record Rest(Duration pause, Instant until) {

        boolean over(Instant now) {
            return !until.isAfter(now);
        }
    }
}
