package com.alltkn.gateway.exchange.request;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.caller.ModelPatterns;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.exchange.step.MadeUpRequest;
import com.alltkn.gateway.exchange.step.OneStep;
import com.alltkn.gateway.laboratory.MadeUpRevision;
import com.alltkn.gateway.laboratory.Mappings;
import com.alltkn.gateway.openai.Endpoint;
import com.alltkn.gateway.quota.Demand;
import com.alltkn.gateway.rollout.MadeUpRevisions;
import com.alltkn.gateway.rollout.Revisions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AdmitTest {

    private static final Caller PLAIN = Caller.named("plain");
    private static final GatewayError TOO_MANY = new GatewayError.Overloaded();

    private final MadeUpAccount account = new MadeUpAccount();
    private final Revisions revisions = MadeUpRevisions.starting();

    @Test
    void setsAsideWhatARequestMayCost() {
        var asked = chat(PLAIN, "{\"model\":\"some-model\",\"max_tokens\":7}");
        var step = take(asked);
        assertThat(step.waits()).isTrue();

        account.admit();

        assertThat(step.output()).isEqualTo(new Admitted(asked, account, new Demand(10, 7)));
        assertThat(step.reached().standing()).isEqualTo(MadeUpAccount.STANDING);
    }

    @Test
    void tellsWhomItRefusesWhereItStands() {
        var step = take(chat(PLAIN, "{\"model\":\"some-model\"}"));

        account.refuse(TOO_MANY);

        assertThat(step.error()).isEqualTo(TOO_MANY);
        assertThat(step.reached().standing()).isEqualTo(MadeUpAccount.STANDING);
        assertThat(step.reached().modelAsked()).isEqualTo("some-model");
    }

    @Test
    void countsNothingForAModelThatItsCallerMayNotUse() {
        var step = take(chat(only("some-*"), "{\"model\":\"other-model\"}"));

        assertThat(step.error()).isEqualTo(new GatewayError.ModelNotAllowed("other-model"));
        assertThat(step.reached().modelAsked()).isEqualTo("other-model");
        assertThat(account.told()).isEmpty();
    }

    @Test
    void countsNothingForADefaultModelThatItsCallerMayNotUse() {
        MadeUpRevisions.settle(revisions, MadeUpRevision.number(1));

        var step = take(chat(only("some-*"), "{}"));

        assertThat(step.error()).isEqualTo(new GatewayError.ModelNotAllowed("deepseek-chat"));
        assertThat(account.told()).isEmpty();
    }

    @Test
    void leavesADefaultModelThatNobodyKnowsYetToTheAttempt() {
        assertThat(take(chat(only("some-*"), "{}")).waits()).isTrue();

        assertThat(account.told()).containsExactly("admit");
    }

    @Test
    void countsNothingForAnUploadWhoseModelItsCallerMayNotUse() {
        var bound = only("some-*");
        var request =
                MadeUpRequest.of("POST", "/v1/audio/transcriptions")
                        .with("content-type", "multipart/form-data; boundary=x")
                        .with("transfer-encoding", "chunked");
        var read = OneStep.take(reader(), request.matched(bound, Endpoint.TRANSCRIBE));
        request.bring(
                "--x\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nother\r\n--x\r\n");

        var step = take(read.output());

        assertThat(step.error()).isEqualTo(new GatewayError.ModelNotAllowed("other"));
        assertThat(account.told()).isEmpty();
    }

    @Test
    void countsNothingForStoredStateOfOthers() {
        var step = take(chat(PLAIN, "{\"model\":\"m\",\"previous_response_id\":\"r\"}"));

        assertThat(step.error()).isInstanceOf(GatewayError.PathNotAllowed.class);
        assertThat(account.told()).isEmpty();
    }

    @Test
    void releasesWhatComesTooLate() {
        var step = take(chat(PLAIN, "{\"model\":\"some-model\"}"));
        step.callerGone();

        account.admit();

        assertThat(step.waits()).isTrue();
        assertThat(account.told()).containsExactly("admit", "released");
    }

    private OneStep<Admitted> take(Asked asked) {
        return OneStep.take(new Admit(account.quotas(), revisions), asked);
    }

    private static Asked chat(Caller caller, String body) {
        var request = MadeUpRequest.chat();
        var read = OneStep.take(reader(), request.matched(caller, Endpoint.CREATE_CHAT_COMPLETION));
        request.bring(body);
        request.end();
        return read.output();
    }

    private static ReadRequest reader() {
        var config = Mappings.read(ExchangeConfig.class, Map.of());
        return new ReadRequest(config, new BodyMemory(config), new LargeBodies());
    }

    private static Caller only(String models) {
        return new Caller(
                "bound",
                false,
                true,
                false,
                new ModelPatterns(List.of(models)),
                Optional.empty(),
                PLAIN.limits(),
                PLAIN.budget());
    }
}
