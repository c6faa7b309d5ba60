package com.alltkn.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.error.GatewayError.RetryAdvice;
import com.alltkn.gateway.laboratory.Mappings;
import com.alltkn.gateway.upstream.Breaker.Pass;
import com.alltkn.gateway.upstream.Breaker.Refused;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BreakerTest {

    private static final GatewayError FAILED = new GatewayError.UpstreamFailed(RetryAdvice.NONE);
    private static final int FAILURES = 5;
    private static final Duration INTERVAL = Duration.ofSeconds(4);

    private long now = Long.MAX_VALUE - 100;
    private final Breaker breaker = breaker(FAILURES);

    @Test
    void opensAfterFailuresInARowThatTookASecond() {
        fail("a", FAILURES - 1);
        pass(Duration.ofSeconds(1));
        assertThat(breaker.isOpen()).isFalse();

        fail("a", 1);

        assertThat(breaker.isOpen()).isTrue();
        assertThat(breaker.tryPass("a", false)).isEqualTo(new Refused(INTERVAL));
    }

    @Test
    void staysClosedThroughAMomentOfFailures() {
        fail("a", 10 * FAILURES);

        assertThat(breaker.isOpen()).isFalse();
    }

    @Test
    void opensByFailuresThatTookLongEach() {
        var slow = new Pass[FAILURES];
        for (int i = 0; i < FAILURES; i++) {
            slow[i] = pass("a");
        }
        pass(Duration.ofSeconds(5));

        for (var one : slow) {
            one.failed(new GatewayError.UpstreamTimeout(GatewayError.Clock.CONNECT));
        }

        assertThat(breaker.isOpen()).isTrue();
    }

    @Test
    void beginsToCountAnewWithEveryAnswer() {
        fail("a", FAILURES - 1);
        pass(Duration.ofSeconds(2));

        pass("a").answered();
        fail("a", FAILURES - 1);

        assertThat(breaker.isOpen()).isFalse();
    }

    @Test
    void doesNotCountRetries() {
        fail("a", FAILURES - 1);
        pass(Duration.ofSeconds(2));

        ((Pass) breaker.tryPass("a", true)).failed(FAILED);

        assertThat(breaker.isOpen()).isFalse();
    }

    @Test
    void letsOneTrialThroughInEachInterval() {
        open("a");
        pass(INTERVAL.minusNanos(1));
        assertThat(breaker.tryPass("a", false)).isEqualTo(new Refused(Duration.ofNanos(1)));
        pass(Duration.ofNanos(1));

        var trial = breaker.tryPass("a", false);

        assertThat(trial).isInstanceOf(Pass.class);
        assertThat(breaker.tryPass("a", false)).isEqualTo(new Refused(INTERVAL));
        ((Pass) trial).failed(FAILED);
        assertThat(breaker.tryPass("a", false)).isEqualTo(new Refused(INTERVAL));
    }

    @Test
    void closesWithTheFirstAnswer() {
        open("a");
        pass(INTERVAL);

        pass("a").failed(new GatewayError.UpstreamCredentialsExhausted());

        assertThat(breaker.isOpen()).isFalse();
        assertThat(breaker.tryPass("b", false)).isInstanceOf(Pass.class);
    }

    @Test
    void triesAgainAtOnceWhenTheTrialsCallerLeaves() {
        open("a");
        pass(INTERVAL);

        pass("a").left();

        assertThat(breaker.tryPass("a", false)).isInstanceOf(Pass.class);
    }

    @Test
    void triesAgainWhenATrialSaysNothingForAnInterval() {
        open("a");
        pass(INTERVAL);
        pass("a");

        pass(INTERVAL);

        assertThat(breaker.tryPass("a", false)).isInstanceOf(Pass.class);
    }

    @Test
    void letsACallerTryThatHadNoPartInTheFailures() {
        open("a");

        var trial = breaker.tryPass("b", false);

        assertThat(trial).isInstanceOf(Pass.class);
        assertThat(breaker.tryPass("c", false)).isInstanceOf(Refused.class);
        ((Pass) trial).failed(FAILED);
        assertThat(breaker.tryPass("b", false)).isInstanceOf(Refused.class);
    }

    @ParameterizedTest
    @MethodSource
    void isNotFedBy(GatewayError notUpstreams) {
        fail("a", FAILURES - 1);
        pass(Duration.ofSeconds(2));

        pass("a").failed(notUpstreams);

        assertThat(breaker.isOpen()).isFalse();
    }

    static GatewayError[] isNotFedBy() {
        return new GatewayError[] {
            new GatewayError.UpstreamRefused(400, "no", "x", null, null, RetryAdvice.NONE),
            new GatewayError.UpstreamRateLimited("slower", RetryAdvice.NONE),
            new GatewayError.UpstreamQuotaExhausted(),
            new GatewayError.UpstreamPermissionDenied(),
            new GatewayError.BodyTooLarge(1),
            new GatewayError.BodyTooSlow(),
            new GatewayError.Overloaded()
        };
    }

    @Test
    void neverOpensWhenSwitchedOff() {
        var off = breaker(0);

        for (int i = 0; i < 100; i++) {
            ((Pass) off.tryPass("a", false)).failed(FAILED);
            pass(Duration.ofSeconds(1));
        }

        assertThat(off.isOpen()).isFalse();
    }

    private void open(String caller) {
        fail(caller, FAILURES - 1);
        pass(Duration.ofSeconds(1));
        fail(caller, 1);
    }

    private void fail(String caller, int times) {
        for (int i = 0; i < times; i++) {
            pass(caller).failed(FAILED);
        }
    }

    private Pass pass(String caller) {
        return (Pass) breaker.tryPass(caller, false);
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }

    private Breaker breaker(int failures) {
        return new Breaker(
                Mappings.read(
                        BreakerConfig.class,
                        Map.of(
                                "gateway.upstream.breaker.failures",
                                Integer.toString(failures),
                                "gateway.upstream.breaker.interval",
                                INTERVAL.toString())),
                () -> now);
    }
}
