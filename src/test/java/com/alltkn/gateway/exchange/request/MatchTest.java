package com.alltkn.gateway.exchange.request;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.exchange.step.MadeUpRequest;
import com.alltkn.gateway.exchange.step.OneStep;
import com.alltkn.gateway.openai.Endpoint;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MatchTest {

    private static final Caller PLAIN = Caller.named("plain");

    @Test
    void findsWhatIsCalled() {
        var step = take("POST", "/api/v1/chat/completions?x=%20y");

        assertThat(step.reached().endpoint()).isEqualTo(Endpoint.CREATE_CHAT_COMPLETION);
        assertThat(step.output().pathAndQuery()).isEqualTo("/chat/completions?x=%20y");
        assertThat(step.output().caller()).isEqualTo(PLAIN);
    }

    @Test
    void refusesWhatThereIsNot() {
        assertThat(take("GET", "/v1/nothing").error())
                .isEqualTo(new GatewayError.UnknownPath("GET", "/v1/nothing"));
        assertThat(take("GET", "/nothing").error())
                .isEqualTo(new GatewayError.UnknownPath("GET", "/nothing"));
        assertThat(take("GET", "/v1/nothing").reached().endpoint()).isNull();
    }

    @Test
    void refusesAMethodThatAPathDoesNotTake() {
        assertThat(take("PUT", "/v1/chat/completions").error())
                .isInstanceOfSatisfying(
                        GatewayError.MethodNotAllowed.class,
                        error -> assertThat(error.allowed()).isEqualTo(Set.of("GET", "POST")));
    }

    @Test
    void refusesStoredObjectsToWhomTheyDoNotBelong() {
        var step = take("GET", "/v1/files");

        assertThat(step.error()).isInstanceOf(GatewayError.PathNotAllowed.class);
        assertThat(step.reached().endpoint()).isEqualTo(Endpoint.LIST_FILES);
    }

    private static OneStep<Matched> take(String method, String uri) {
        return OneStep.take(new Match(), MadeUpRequest.of(method, uri).from(PLAIN));
    }
}
