package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.Reading.Found;
import com.alltkn.gateway.rollout.Reading.Unchanged;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Holds back a version whose number goes backwards until a second, equal reading follows: one of a
/// cluster's standbys may lag behind and tell what was current a while ago, at every other poll.
/// Metadata that were deleted begin at 1 again, so what is told twice is true. A pin is always an
/// operator's word, and a higher number always news.
///
/// For one thread at a time.
final class SecondReading {

    /// When the second reading comes, and until when it counts as that.
    static final Duration SOON = Duration.ofSeconds(1);

    private static final Duration IN_TIME = Duration.ofSeconds(2);

    private long followed = Long.MIN_VALUE;
    private @Nullable Found held;
    private Instant heldSince = Instant.MIN;

    /// @param reading what the source said
    /// @param began when it was asked
    /// @param now the time
    /// @return what is to be believed
    Reading judge(Reading reading, Instant began, Instant now) {
        return switch (reading) {
            case Found found -> {
                held = null;
                if (!found.pinned() && found.number() < followed) {
                    hold(found, now);
                    yield new Unchanged();
                }
                yield follow(found);
            }
            case Unchanged() -> {
                var again = held;
                if (again == null) {
                    yield reading;
                }
                if (Duration.between(heldSince, began).compareTo(IN_TIME) <= 0) {
                    yield follow(again);
                }
                hold(again, now);
                yield reading;
            }
            case Reading.Misdirected _, Reading.Unavailable _ -> reading;
        };
    }

    /// @return whether a second reading is wanted, [#SOON]
    boolean isWanted() {
        return held != null;
    }

    private void hold(Found found, Instant now) {
        held = found;
        heldSince = now;
    }

    private Found follow(Found found) {
        held = null;
        if (!found.pinned()) {
            followed = found.number();
        }
        return found;
    }
}
