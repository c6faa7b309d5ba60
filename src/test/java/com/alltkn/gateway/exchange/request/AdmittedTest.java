package com.alltkn.gateway.exchange.request;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.exchange.step.MadeUpRequest;
import com.alltkn.gateway.openai.Endpoint;
import com.alltkn.gateway.openai.Usage;
import com.alltkn.gateway.quota.Demand;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class AdmittedTest {

    private static final Demand DEMAND = new Demand(10, 100);

    private final MadeUpAccount account = new MadeUpAccount();
    private final Admitted admitted =
            new Admitted(
                    Asked.withoutBody(
                            MadeUpRequest.of("GET", "/v1/models")
                                    .matched(Caller.named("plain"), Endpoint.LIST_MODELS)),
                    account,
                    DEMAND);

    @Test
    void chargesWhatUpstreamCounted() {
        admitted.charge(true, Optional.of(new Usage(3, 4)), OptionalLong.of(1000));

        assertThat(account.told()).containsExactly("settled 7");
    }

    @Test
    void chargesWhatWasSetAsideForAnAnswerThatNobodyCounted() {
        admitted.charge(true, Optional.empty(), OptionalLong.of(1000));

        assertThat(account.told()).containsExactly("settled unknown");
    }

    @Test
    void chargesWhatHadComeOfAnAnswerThatBrokeOff() {
        admitted.charge(false, Optional.empty(), OptionalLong.of(80));

        assertThat(account.told()).containsExactly("settled 30");
    }

    @Test
    void chargesNothingForWhatCameToNothing() {
        admitted.charge(false);

        assertThat(account.told()).containsExactly("released");
    }
}
