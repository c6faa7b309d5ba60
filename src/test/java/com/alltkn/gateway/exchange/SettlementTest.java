package com.alltkn.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.exchange.Settlement.Ending;
import com.alltkn.gateway.exchange.request.Counted;
import com.alltkn.gateway.exchange.request.MadeUpAccount;
import com.alltkn.gateway.exchange.request.Matched;
import com.alltkn.gateway.exchange.step.MadeUpRequest;
import com.alltkn.gateway.exchange.step.Progress;
import com.alltkn.gateway.openai.Endpoint;
import com.alltkn.gateway.quota.Standing;
import com.alltkn.gateway.upstream.Effort;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/// What is read off an exchange that never got as far as upstream.
class SettlementTest {

    private static final Standing OWN_SHARE =
            new Standing(Optional.empty(), Optional.empty(), 3, 5, 8, true);

    private final MadeUpRequest request = MadeUpRequest.chat().with("traceparent", "00-1-2-03");
    private final Matched matched =
            request.matched(Caller.named("plain"), Endpoint.CREATE_CHAT_COMPLETION);

    @Test
    void knowsHardlyAnythingOfARequestOfNobodys() {
        var settlement = refused(request.arrival());

        assertThat(settlement)
                .isEqualTo(
                        new Settlement(
                                request.arrival().at(),
                                "req_1",
                                Optional.empty(),
                                "unknown",
                                "unknown",
                                false,
                                Optional.empty(),
                                Optional.empty(),
                                499,
                                Ending.REFUSED,
                                Optional.of("an_error"),
                                Optional.of("a_failure"),
                                settlement.latency(),
                                Optional.empty(),
                                Effort.NONE,
                                Optional.empty(),
                                false,
                                OptionalLong.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                0,
                                12,
                                Optional.of("00-1-2-03")));
    }

    @Test
    void knowsTheCallerAndThePathOnceTheyAreKnown() {
        assertThat(refused(matched.before()).caller()).contains("plain");
        assertThat(refused(matched.before()).route()).isEqualTo("unknown");
        assertThat(refused(matched).route()).isEqualTo("chat/completions");
        assertThat(refused(matched).type()).isEqualTo("chat");
    }

    @Test
    void knowsWhoDecidedOnceSomebodyDid() {
        assertThat(refused(new Counted(matched, MadeUpAccount.STANDING)).ownShare()).isFalse();
        assertThat(refused(new Counted(matched, OWN_SHARE)).ownShare()).isTrue();
    }

    private static Settlement refused(Progress known) {
        return Settlement.of(
                known, Ending.REFUSED, Optional.of("an_error"), Optional.of("a_failure"), 12);
    }
}
