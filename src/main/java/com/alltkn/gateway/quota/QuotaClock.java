package com.alltkn.gateway.quota;

import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.function.LongSupplier;

/// The two kinds of time that quotas need: one that only grows, for rates, so that a clock that is
/// set changes nothing; and the calendar, for budgets.
///
/// @param time grows by one each nanosecond
/// @param calendar tells the day, which is that of UTC
record QuotaClock(LongSupplier time, Clock calendar) {

    long nanos() {
        return time.getAsLong();
    }

    LocalDate today() {
        return LocalDate.ofInstant(calendar.instant(), ZoneOffset.UTC);
    }
}
