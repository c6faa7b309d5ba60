package com.alltkn.gateway.upstream;

import java.util.concurrent.TimeUnit;

/// How many may be inside the gate, as upstream lets it be known.
///
/// What upstream refuses shrinks it by a tenth, at most ten times a second, for what was sent
/// before is no news; where upstream refuses more than it answers, to just below what is inside. A
/// refusal now and then changes nothing. While it is made use of it grows by a tenth, ten times a
/// second, but only up to just below the *ceiling*, where upstream refused last while it was
/// answering others: that is tried again by one at a time, every two seconds, until upstream has
/// been seen to take more. So a busy upstream is kept busy and seldom has to refuse anything.
/// (Additive increase and multiplicative decrease alone, Chiu and Jain 1989, meets the ceiling
/// again every second; CUBIC, RFC 9438, remembers it too.)
///
/// Time is that of [System#nanoTime()]. Not safe for use by several threads.
final class GateLimit {

    private static final long STEP = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long TRIAL = TimeUnit.SECONDS.toNanos(2);
    private static final long WINDOW = TimeUnit.SECONDS.toNanos(1);

    /// Fewer refusals within a window are chance, and so is a smaller part of all answers.
    private static final int FEWEST_REFUSED = 3;

    private static final int SMALLEST_PART_REFUSED = 50;

    /// So many refusals, if there are fewer answers, are an overload beyond doubt.
    private static final int MANY_REFUSED = 20;

    private static final int PART = 10;

    /// The limit stays below the ceiling by this part of it.
    private static final int DISTANCE = 20;

    private static final int NO_CEILING = Integer.MAX_VALUE;

    private final int least;
    private final int most;
    private int limit;
    private int ceiling = NO_CEILING;
    private long changed;
    private long cut;
    private long windowBegan;
    private int answered;
    private int refused;

    /// @param config where the limit begins and ends
    /// @param now the time
    GateLimit(GateConfig config, long now) {
        this.least = config.minLimit();
        this.most = config.maxLimit();
        this.limit = config.initialLimit();
        this.changed = now;
        this.cut = now - STEP;
        this.windowBegan = now;
    }

    /// @return how many may be inside
    int current() {
        return limit;
    }

    /// @return how many may be inside if the last are few: as many as the limit keeps away from the
    ///   ceiling
    int withSpare() {
        return Math.max(limit, Math.min(ceiling, limit + Math.ceilDiv(limit, DISTANCE)));
    }

    /// Upstream has answered.
    ///
    /// @param now the time
    /// @param inside how many are inside, with the one that was answered
    void answered(long now, int inside) {
        window(now);
        answered++;
        if (inside > ceiling + ceiling / PART) {
            ceiling = NO_CEILING;
        }
        if (isBelowCeiling()) {
            if (inside >= limit / 2 && now - changed >= STEP) {
                change(now, limit + Math.max(1, limit / PART));
                if (!isBelowCeiling()) {
                    limit = Math.max(least, belowCeiling());
                }
            }
        } else if (isFull(inside) && now - changed >= TRIAL) {
            change(now, limit + 1);
        }
    }

    /// Upstream has too much to do, or says nothing in time.
    ///
    /// @param now the time
    /// @param inside how many are inside, with the one that was refused
    void refused(long now, int inside) {
        window(now);
        refused++;
        if (refused >= MANY_REFUSED && refused > answered) {
            // So it is with an upstream that is down, too, which says nothing about what it can do.
            ceiling = NO_CEILING;
            cut(now, inside - inside / PART);
        } else if (inside >= ceiling) {
            ceiling = Math.min(ceiling, inside - 1);
            cut(now, belowCeiling());
        } else if (now - cut >= STEP
                && refused >= FEWEST_REFUSED
                && refused >= (refused + answered) / SMALLEST_PART_REFUSED) {
            if (isFull(inside)) {
                ceiling = inside - 1;
            }
            cut(now, Math.min(belowCeiling(), Math.max(limit, inside) * (PART - 1) / PART));
        }
    }

    private void cut(long now, int to) {
        change(now, Math.min(limit, to));
        cut = now;
        begin(now);
    }

    /// The last part is kept free of whoever asks for much.
    private boolean isFull(int inside) {
        return inside >= limit - limit / PART;
    }

    private boolean isBelowCeiling() {
        return limit < belowCeiling();
    }

    private int belowCeiling() {
        return ceiling - Math.ceilDiv(ceiling, DISTANCE);
    }

    private void change(long now, int to) {
        limit = Math.clamp(to, least, most);
        changed = now;
    }

    private void window(long now) {
        if (now - windowBegan >= WINDOW) {
            begin(now);
        }
    }

    private void begin(long now) {
        windowBegan = now;
        answered = 0;
        refused = 0;
    }
}
