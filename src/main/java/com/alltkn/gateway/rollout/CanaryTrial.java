package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.CanaryTraffic.Role;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/// What exchanges met with a candidate and, in the same time, with the active revision, and whether
/// the candidate is worse.
///
/// Each exchange was given to one of the two by chance. So of the faults that a caller met with
/// both, the candidate's part is to be expected by its part of that caller's exchanges, however
/// many faults the caller causes itself; only an excess over that speaks against the candidate.
/// Callers and kinds of request are therefore compared each with itself and added up afterwards
/// (the strata of Mantel and Haenszel, J. Natl. Cancer Inst. 22, 1959).
///
/// Were both the same, then of `m` faults of which `p` is the candidate's part to be expected, `x`
/// or more would be the candidate's with a probability of at most `exp(-m D(x/m, p))`, `D(q, p) = q
/// ln(q/p) + (1-q) ln((1-q)/(1-p))` (Hoeffding, J. Amer. Statist. Assoc. 58, 1963, theorems 1 and
/// 4). This is no approximation, so it holds for any number; from [#CHANCE] down the candidate is
/// worse. A fault has to meet several callers, and with any one of them left out the candidate
/// still has to be worse.
final class CanaryTrial {

    /// It is looked at 360 times in half an hour for seven kinds of fault. So a candidate that is
    /// no worse is rejected in fewer than one of 39,000 canaries of a pod.
    private static final double CHANCE = 1e-8;

    /// Of times to the first byte: powers of two of a millisecond, the last more than two hours.
    private static final int TIMES = 24;

    /// 1024 ms or more. What is faster is slow for nobody, and a candidate's connections are new.
    private static final int NEVER_SLOW_BELOW = 11;

    private final Settings.ContentId active;
    private final Settings.ContentId candidate;
    private final CanaryRules rules;
    private final InstantSource clock;
    private final Instant began;
    private final Map<Stratum, Tallies> strata = new ConcurrentHashMap<>();

    CanaryTrial(Revision active, Revision candidate, CanaryRules rules, InstantSource clock) {
        this.active = active.contentId();
        this.candidate = candidate.contentId();
        this.rules = rules;
        this.clock = clock;
        this.began = clock.instant();
    }

    /// May be called by any thread.
    ///
    /// @return whose exchange it was; null if it has no part in this
    @Nullable Role take(CanaryExchange exchange) {
        var role = role(exchange.content());
        // What began before there was a choice has had more time to go wrong.
        if (role != null && !clock.instant().minus(exchange.latency()).isBefore(began)) {
            strata.computeIfAbsent(
                            new Stratum(exchange.caller(), exchange.kind()), _ -> new Tallies())
                    .of(role)
                    .add(exchange);
            return role;
        }
        return null;
    }

    Judgement judge() {
        var worse = worse();
        if (worse.isPresent()) {
            return new Judgement.Worse(worse.get());
        }
        var carried = 0L;
        var callers = new HashSet<String>();
        for (var stratum : strata.entrySet()) {
            var exchanges = stratum.getValue().of(Role.CANDIDATE).exchanges();
            carried += exchanges;
            if (exchanges > 0) {
                callers.add(stratum.getKey().caller);
            }
        }
        var enough = carried >= rules.minimumExchanges() && callers.size() >= rules.callersNeeded();
        var over = !clock.instant().isBefore(began.plus(rules.maximumDuration()));
        return enough || over
                ? new Judgement.NotWorse(
                        carried + " exchanges of " + callers.size() + " callers met nothing worse")
                : new Judgement.Undecided();
    }

    private @Nullable Role role(Settings.ContentId content) {
        return content.equals(candidate)
                ? Role.CANDIDATE
                : content.equals(active) ? Role.ACTIVE : null;
    }

    private Optional<String> worse() {
        for (var fault : CanaryOutcome.values()) {
            if (fault != CanaryOutcome.ANSWERED) {
                var byCaller = byCaller(tally -> tally.met(fault), Tally::exchanges);
                if (isWorse(byCaller.values())) {
                    return Optional.of(sentence(fault.word(), byCaller.values()));
                }
            }
        }
        var slow = new HashMap<String, Faults>();
        strata.forEach((stratum, tallies) -> {
            var from = tallies.slowFrom();
            slow.computeIfAbsent(stratum.caller, _ -> new Faults())
                    .add(tallies, tally -> tally.timesFrom(from), Tally::times);
        });
        return isWorse(slow.values())
                ? Optional.of(sentence("slow", slow.values()))
                : Optional.empty();
    }

    private Map<String, Faults> byCaller(ToLongFunction<Tally> met, ToLongFunction<Tally> of) {
        var faults = new HashMap<String, Faults>();
        strata.forEach((stratum, tallies) ->
                faults.computeIfAbsent(stratum.caller, _ -> new Faults()).add(tallies, met, of));
        return faults;
    }

    private boolean isWorse(Collection<Faults> callers) {
        var needed = rules.callersNeeded();
        var all = new Faults();
        callers.forEach(all::add);
        if (callers.stream().filter(caller -> caller.candidates > 0).count() < needed) {
            return false;
        }
        return needed == 1
                ? all.areExcessive()
                : callers.stream().allMatch(caller -> all.without(caller).areExcessive());
    }

    private static String sentence(String fault, Collection<Faults> callers) {
        var all = new Faults();
        callers.forEach(all::add);
        return "%s: %d of %d exchanges, of the active one's %d of %d, with %d callers"
                .formatted(
                        fault,
                        all.candidates,
                        all.ofCandidate,
                        all.met - all.candidates,
                        all.of - all.ofCandidate,
                        callers.stream().filter(caller -> caller.candidates > 0).count());
    }

    /// What the comparison came to.
    sealed interface Judgement {

        /// Too little is known yet.
        record Undecided() implements Judgement {}

        /// @param sentence for people
        record Worse(String sentence) implements Judgement {}

        /// @param sentence for people
        record NotWorse(String sentence) implements Judgement {}
    }

    /// What is alike but for the revision.
    private record Stratum(String caller, String kind) {}

    private static final class Tallies {

        private final Tally active = new Tally();
        private final Tally candidate = new Tally();

        Tally of(Role role) {
            return switch (role) {
                case ACTIVE -> active;
                case CANDIDATE -> candidate;
            };
        }

        /// Slow is what took at least twice as long as the fastest quarter of the answers, whosever
        /// they are.
        int slowFrom() {
            var quarter = (active.times() + candidate.times() + 3) / 4;
            var time = 0;
            while (time < TIMES && timesUpTo(time) < quarter) {
                time++;
            }
            return Math.max(time + 2, NEVER_SLOW_BELOW);
        }

        private long timesUpTo(int time) {
            return active.times()
                    + candidate.times()
                    - active.timesFrom(time + 1)
                    - candidate.timesFrom(time + 1);
        }
    }

    /// Counts of one revision within a stratum; several threads add to it.
    private static final class Tally {

        private static final int OUTCOMES = CanaryOutcome.values().length;

        private final AtomicLongArray outcomes = new AtomicLongArray(OUTCOMES);
        private final AtomicLongArray times = new AtomicLongArray(TIMES);

        void add(CanaryExchange exchange) {
            outcomes.incrementAndGet(exchange.outcome().ordinal());
            if (exchange.outcome() == CanaryOutcome.ANSWERED) {
                exchange.timeToFirstByte().ifPresent(time -> times.incrementAndGet(index(time)));
            }
        }

        long met(CanaryOutcome outcome) {
            return outcomes.get(outcome.ordinal());
        }

        long exchanges() {
            return sum(outcomes, 0);
        }

        long times() {
            return sum(times, 0);
        }

        long timesFrom(int index) {
            return sum(times, index);
        }

        private static int index(Duration time) {
            var millis = Math.max(0, time.toMillis());
            return Math.min(TIMES - 1, Long.SIZE - Long.numberOfLeadingZeros(millis));
        }

        private static long sum(AtomicLongArray counts, int from) {
            var sum = 0L;
            for (var i = from; i < counts.length(); i++) {
                sum += counts.get(i);
            }
            return sum;
        }
    }

    /// Faults of one class, the candidate's among them, and the part to be expected of it.
    private static final class Faults {

        private long candidates;
        private long met;
        private double expected;
        private long ofCandidate;
        private long of;

        void add(Tallies tallies, ToLongFunction<Tally> met, ToLongFunction<Tally> of) {
            var candidate = new Faults();
            candidate.candidates = met.applyAsLong(tallies.candidate);
            candidate.met = candidate.candidates + met.applyAsLong(tallies.active);
            candidate.ofCandidate = of.applyAsLong(tallies.candidate);
            candidate.of = candidate.ofCandidate + of.applyAsLong(tallies.active);
            if (candidate.of > 0) {
                candidate.expected = (double) candidate.met * candidate.ofCandidate / candidate.of;
            }
            add(candidate);
        }

        void add(Faults other) {
            add(other, 1);
        }

        Faults without(Faults other) {
            var rest = new Faults();
            rest.add(this, 1);
            rest.add(other, -1);
            return rest;
        }

        boolean areExcessive() {
            if (candidates <= expected || expected <= 0) {
                return false;
            }
            var q = (double) candidates / met;
            var p = expected / met;
            var divergence = term(q, p) + term(1 - q, 1 - p);
            return met * divergence >= -Math.log(CHANCE);
        }

        private static double term(double q, double p) {
            return q == 0 ? 0 : q * Math.log(q / p);
        }

        private void add(Faults other, int sign) {
            candidates += sign * other.candidates;
            met += sign * other.met;
            expected += sign * other.expected;
            ofCandidate += sign * other.ofCandidate;
            of += sign * other.of;
        }
    }
}
