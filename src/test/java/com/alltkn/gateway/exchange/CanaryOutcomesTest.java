package com.alltkn.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.caller.CallerDirectory;
import com.alltkn.gateway.caller.CallersConfig;
import com.alltkn.gateway.error.ErrorShape;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.error.GatewayError.RetryAdvice;
import com.alltkn.gateway.exchange.Settlement.Ending;
import com.alltkn.gateway.laboratory.MadeUpRevision;
import com.alltkn.gateway.laboratory.Mappings;
import com.alltkn.gateway.laboratory.Settlements;
import com.alltkn.gateway.rollout.CanaryOutcome;
import com.alltkn.gateway.rollout.CanaryTraffic.Role;
import com.alltkn.gateway.rollout.MadeUpRevisions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CanaryOutcomesTest {

    private static final CallerDirectory CALLERS =
            new CallerDirectory(
                    Mappings.read(
                            CallersConfig.class,
                            Map.of("gateway.callers.development-key", "some-key")),
                    false,
                    InstantSource.system());

    @Test
    void classesWhatUpstreamCaused() {
        assertThat(outcome(new GatewayError.UpstreamFailed(RetryAdvice.NONE)))
                .contains(CanaryOutcome.FAILED);
        assertThat(outcome(new GatewayError.UpstreamOverloaded(RetryAdvice.NONE)))
                .contains(CanaryOutcome.FAILED);
        assertThat(outcome(new GatewayError.UpstreamUnreachable())).contains(CanaryOutcome.FAILED);
        assertThat(outcome(new GatewayError.UpstreamUnavailable(Duration.ofSeconds(1))))
                .contains(CanaryOutcome.FAILED);
        assertThat(outcome(new GatewayError.UpstreamInterrupted())).contains(CanaryOutcome.FAILED);
        assertThat(outcome(new GatewayError.UpstreamInvalidAnswer()))
                .contains(CanaryOutcome.FAILED);
        assertThat(outcome(new GatewayError.UpstreamTimeout(GatewayError.Clock.TOTAL)))
                .contains(CanaryOutcome.TIMED_OUT);
        assertThat(outcome(new GatewayError.UpstreamCredentialsExhausted()))
                .contains(CanaryOutcome.CREDENTIALS);
        assertThat(outcome(new GatewayError.UpstreamPermissionDenied()))
                .contains(CanaryOutcome.PERMISSION);
        assertThat(outcome(new GatewayError.UpstreamQuotaExhausted()))
                .contains(CanaryOutcome.QUOTA);
        assertThat(outcome(new GatewayError.UpstreamRateLimited("slower", RetryAdvice.NONE)))
                .contains(CanaryOutcome.RATE_LIMITED);
        assertThat(CanaryOutcomes.outcome(Settlements.answered())).contains(CanaryOutcome.ANSWERED);
    }

    @Test
    void leavesOutWhatCallersOrTheGatewayCaused() {
        var errors =
                List.of(
                        new GatewayError.InvalidRequest("wrong", null, "wrong"),
                        new GatewayError.BodyTooLarge(1),
                        new GatewayError.BodyTooSlow(),
                        new GatewayError.Overloaded(),
                        new GatewayError.Internal(),
                        new GatewayError.UpstreamRefused(
                                404, "no such model", "x", null, null, RetryAdvice.NONE));

        assertThat(errors).allSatisfy(error -> assertThat(outcome(error)).isEmpty());
        var gone = Settlements.ended(Ending.CALLER_GONE, Optional.empty());
        assertThat(CanaryOutcomes.outcome(gone)).isEmpty();
    }

    @Test
    void tellsOfExchangesOfTheTwoThatAreCompared() {
        var traffic =
                MadeUpRevisions.canary(MadeUpRevision.withCanary(4, 5), MadeUpRevision.number(3));
        var outcomes = new CanaryOutcomes(traffic, CALLERS);

        outcomes.settled(Settlements.answered());
        outcomes.settled(Settlements.refused());

        assertThat(traffic.total(Role.CANDIDATE, CanaryOutcome.ANSWERED)).isEqualTo(1);
        assertThat(traffic.total(Role.ACTIVE, CanaryOutcome.ANSWERED)).isZero();
    }

    @Test
    void tellsHowManyCallersThereAre() {
        assertThat(new CanaryOutcomes(MadeUpRevisions.noCanary(), CALLERS).count()).isEqualTo(1);
    }

    private static Optional<CanaryOutcome> outcome(GatewayError error) {
        var word = ErrorShape.of(error).errorClass();
        return CanaryOutcomes.outcome(Settlements.ended(Ending.FAILED, Optional.of(word)));
    }
}
