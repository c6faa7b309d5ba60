package com.alltkn.gateway.time;

import io.quarkus.arc.DefaultBean;
import jakarta.enterprise.inject.Produces;
import jakarta.enterprise.inject.Typed;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;

/// The two times of the machine, where nobody passes others: a [Clock] says what time it is, for
/// dates that go out or come in, and an [InstantSource] how much time has passed.
@Singleton
final class SystemClock {

    @Produces
    @Singleton
    @DefaultBean
    @Typed(Clock.class)
    Clock clock() {
        return Clock.systemUTC();
    }

    /// Only goes forward, at the speed of time, whatever is done to the clock; its instants are no
    /// dates.
    @Produces
    @Singleton
    @DefaultBean
    InstantSource steady() {
        var began = System.nanoTime();
        return () -> Instant.EPOCH.plusNanos(System.nanoTime() - began);
    }
}
