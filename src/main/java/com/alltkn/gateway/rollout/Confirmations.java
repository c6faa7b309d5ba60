package com.alltkn.gateway.rollout;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/// When what traffic met may be confirmed by prompts: at once at first, and after each time that
/// changed nothing, following a pause that doubles. The default model has a pause of its own, and
/// all others one together: a caller may ask for as many strange ones as it likes.
///
/// For one thread at a time.
final class Confirmations {

    static final Duration SHORTEST = Duration.ofSeconds(10);
    static final Duration LONGEST = Duration.ofMinutes(5);

    private static final Duration FORGOTTEN = Duration.ofMinutes(10);

    private final Map<Boolean, Rest> rests = new HashMap<>();

    /// @param revision whose key was refused
    /// @param model for this model
    boolean isDue(Revision revision, String model, Instant now) {
        rests.values().removeIf(rest -> !rest.until.plus(FORGOTTEN).isAfter(now));
        var rest = rests.get(isUsual(revision, model));
        return rest == null || !rest.until.isAfter(now);
    }

    /// The model was asked for, and nothing has changed.
    void rest(Revision revision, String model, Instant now) {
        rests.compute(
                isUsual(revision, model),
                (_, before) -> {
                    var pause = before == null ? SHORTEST : before.pause.multipliedBy(2);
                    var bounded = pause.compareTo(LONGEST) > 0 ? LONGEST : pause;
                    return new Rest(bounded, now.plus(bounded));
                });
    }

    /// Another revision carries requests.
    void clear() {
        rests.clear();
    }

    private static boolean isUsual(Revision revision, String model) {
        return model.equals(revision.settings().defaultModel());
    }

    private record Rest(Duration pause, Instant until) {}
}
