package com.alltkn.gateway.redis;

/// How many pods there are: the most that were heard of within the last ten seconds. A Redis that
/// comes back has to hear of each anew, so the time that it was away does not count. One thread
/// hears; any may ask.
final class FleetSize {

    private volatile int pods;
    private long heardAt;

    /// @param assumed how many there are until told otherwise
    /// @param now by the clock that only grows, as all times here
    FleetSize(int assumed, long now) {
        this.pods = assumed;
        this.heardAt = now;
    }

    /// @param heard how many Redis knows of
    /// @param afterOutage whether it did not answer just before
    void hear(int heard, boolean afterOutage, long now) {
        if (afterOutage) {
            heardAt = now;
        }
        if (heard >= pods || now - heardAt > Fleet.BELIEVED.toNanos()) {
            pods = Math.max(1, heard);
            heardAt = now;
        }
    }

    int pods() {
        return pods;
    }
}
