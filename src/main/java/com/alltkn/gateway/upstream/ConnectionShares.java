package com.alltkn.gateway.upstream;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.Map;

/// Who uses the pod's connections to upstream, from before each stands to its last byte, over all
/// event loops and revisions. Nobody waits for one: who asks for more than there are, or than its
/// share, is refused at once, so that time spent waiting is never taken for upstream's.
///
/// One caller has a part of them at most, and the last tenth is for those who have little: less
/// than half of what each would have if all were shared out equally.
///
/// Safe for use by several threads. The lock guards every field and is held for a few instructions.
@Singleton
public class ConnectionShares {

    /// As many are left to callers that have little.
    private static final int RESERVED_PART = 10;

    private static final int LITTLE_PART = 2;

    private final int most;
    private final int largest;
    private final Map<String, Taken> shares = new HashMap<>();
    private int inUse;
    private long refused;

    /// @param config how many there are, and what part of them one caller may have
    @Inject
    ConnectionShares(UpstreamConfig config) {
        this(config.maxConnections(), config.callerSharePercent());
    }

    ConnectionShares(int most, int percent) {
        if (most < 1 || percent < 1 || percent > 100) {
            throw new IllegalArgumentException(
                    "gateway.upstream.max-connections has to be at least 1, and"
                            + " gateway.upstream.caller-share-percent from 1 to 100");
        }
        this.most = most;
        this.largest = Math.toIntExact(Math.max(1, (long) most * percent / 100));
    }

    /// Asks for a connection.
    ///
    /// @param caller who asks
    /// @return whether there is one for it
    public synchronized Taking take(String caller) {
        var share = shares.computeIfAbsent(caller, Taken::new);
        if (!hasRoomFor(share)) {
            refused++;
            forget(share);
            return new Full();
        }
        share.inUse++;
        inUse++;
        return new Share(share);
    }

    /// @return how many there are
    public int limit() {
        return most;
    }

    /// @return how many are in use
    public synchronized int inUse() {
        return inUse;
    }

    /// @return how often there was none for somebody
    public synchronized long refused() {
        return refused;
    }

    private boolean hasRoomFor(Taken share) {
        if (inUse >= most || share.inUse >= largest) {
            return false;
        }
        var little = Math.max(1, most / shares.size() / LITTLE_PART);
        return inUse < most - most / RESERVED_PART || share.inUse < little;
    }

    private synchronized void giveBack(Taken share) {
        share.inUse--;
        inUse--;
        forget(share);
    }

    private void forget(Taken share) {
        if (share.inUse == 0) {
            shares.remove(share.caller);
        }
    }

    /// What came of asking.
    public sealed interface Taking {}

    /// There is none for this caller.
    public record Full() implements Taking {}

    /// One connection of a caller's. It is given back once; giving it back again changes nothing.
    /// Not safe for use by several threads.
    public final class Share implements Taking {

        private final Taken of;
        private boolean given;

        private Share(Taken of) {
            this.of = of;
        }

        /// It is in use no more.
        public void giveBack() {
            if (!given) {
                given = true;
                ConnectionShares.this.giveBack(of);
            }
        }
    }

    private static final class Taken {

        private final String caller;
        private int inUse;

        Taken(String caller) {
            this.caller = caller;
        }
    }
}
