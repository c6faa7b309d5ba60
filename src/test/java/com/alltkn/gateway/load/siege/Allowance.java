package com.alltkn.gateway.load.siege;

/// How much of something may be had in a second, with little to save for later.
final class Allowance {

    private static final double SAVED_SECONDS = 0.02;

    private final double perSecond;
    private double left;
    private long filledAt = System.nanoTime();

    Allowance(double perSecond) {
        this.perSecond = perSecond;
    }

    void refill(long now) {
        left =
                Math.min(
                        left + perSecond * (now - filledAt) / 1e9,
                        Math.max(1, perSecond * SAVED_SECONDS));
        filledAt = now;
    }

    /// Whether there is any; the last taken may be more than that.
    boolean isLeft() {
        return left >= 1;
    }

    void take(double amount) {
        left -= amount;
    }
}
