package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.Reading.Unavailable;
import java.time.Duration;
import java.util.List;

/// Where settings come from. There is one for the life of the process, chosen by `gateway.source`.
///
/// [#read()] blocks and is called by one thread at a time; it keeps to its own deadline. A source
/// never throws for what can be expected of the world: that is a [Reading.Unavailable].
public interface SettingsSource {

    /// @return its name in logs and origins: one lower-case word
    String name();

    /// @return how often it wants to be read while all is well
    Duration pollInterval();

    /// Reads once.
    ///
    /// @return what was found
    /// @throws InterruptedException if the thread is asked to stop
    Reading read() throws InterruptedException;

    /// Names what else could be read, as of the last [#read()]; asks nobody.
    ///
    /// @return the numbers of all versions that are still there, the latest write first; empty
    ///   where the source keeps no versions
    default List<Long> versions() {
        return List.of();
    }

    /// Reads one of [#versions()], whatever the current one is. Changes nothing about what the next
    /// [#read()] finds.
    ///
    /// @param number the source's number for it
    /// @return what was found
    /// @throws InterruptedException if the thread is asked to stop
    default Reading readVersion(long number) throws InterruptedException {
        return new Unavailable(SourceFailure.ABSENT, name() + " keeps no versions");
    }
}
