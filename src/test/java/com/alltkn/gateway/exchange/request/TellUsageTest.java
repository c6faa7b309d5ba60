package com.alltkn.gateway.exchange.request;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.exchange.step.MadeUpRequest;
import com.alltkn.gateway.exchange.step.OneStep;
import com.alltkn.gateway.openai.Endpoint;
import org.junit.jupiter.api.Test;

class TellUsageTest {

    private final MadeUpAccount account = new MadeUpAccount();
    private final Caller plain = Caller.named("plain");

    @Test
    void tellsACallerOfItselfAndCountsNothing() {
        var request = MadeUpRequest.of("GET", "/v1/usage");

        var step = take(request.matched(plain, Endpoint.GET_USAGE));

        assertThat(step.answer()).isNotNull();
        assertThat(new String(step.answer(), UTF_8))
                .startsWith(
                        "{\"object\":\"usage\",\"caller\":\"plain\",\"concurrent\":{\"used\":3}");
        assertThat(step.reached().standing()).isEqualTo(MadeUpAccount.STANDING);
        assertThat(account.told()).containsExactly("standing");
        assertThat(request.isRead()).isTrue();
    }

    @Test
    void letsEverythingElsePass() {
        var chat = MadeUpRequest.chat().matched(plain, Endpoint.CREATE_CHAT_COMPLETION);

        assertThat(take(chat).output()).isEqualTo(chat);
        assertThat(account.told()).isEmpty();
    }

    private OneStep<Matched> take(Matched matched) {
        return OneStep.take(new TellUsage(account.quotas()), matched);
    }
}
