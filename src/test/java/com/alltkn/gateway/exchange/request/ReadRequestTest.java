package com.alltkn.gateway.exchange.request;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.caller.Budget;
import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.caller.Limits;
import com.alltkn.gateway.caller.ModelPatterns;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.exchange.step.MadeUpRequest;
import com.alltkn.gateway.exchange.step.OneStep;
import com.alltkn.gateway.laboratory.Mappings;
import com.alltkn.gateway.openai.BodyBytes;
import com.alltkn.gateway.openai.Endpoint;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class ReadRequestTest {

    private static final String CHAT = "{\"model\":\"some-model\",\"stream\":true}";

    private static final String NAMED =
            "--x\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nsome-model\r\n";

    private static final Caller PLAIN = Caller.named("plain");

    private static final Caller BOUND =
            new Caller(
                    "bound",
                    false,
                    true,
                    false,
                    new ModelPatterns(List.of("some-*")),
                    Optional.empty(),
                    new Limits(
                            OptionalLong.of(100_000),
                            OptionalLong.empty(),
                            OptionalLong.empty(),
                            OptionalLong.empty(),
                            OptionalLong.empty()),
                    Budget.NONE);

    private final ExchangeConfig config =
            Mappings.read(ExchangeConfig.class, Map.of("gateway.exchange.max-body-size", "2M"));

    private final BodyMemory bodies = new BodyMemory(config);

    @Test
    void understandsJsonOnceAllOfItIsHere() {
        var request = MadeUpRequest.chat();
        var step = take(request, PLAIN, Endpoint.CREATE_CHAT_COMPLETION);

        request.bring(CHAT.substring(0, 10));
        request.bring(CHAT.substring(10));
        assertThat(step.waits()).isTrue();
        request.end();

        assertThat(step.output().body()).isInstanceOf(Asked.Json.class);
        assertThat(step.reached().modelAsked()).isEqualTo("some-model");
        assertThat(step.reached().streamed()).isTrue();
        assertThat(step.reached().bytesIn()).isEqualTo(CHAT.length());
        assertThat(request.timers()).isZero();
    }

    @Test
    void holdsABodyUntilItIsLetGo() {
        var request = MadeUpRequest.chat();
        var step = take(request, PLAIN, Endpoint.CREATE_CHAT_COMPLETION);
        request.bring(CHAT);
        request.end();
        assertThat(bodies.held()).isPositive();
        assertThat(step.output().isRepeatable()).isTrue();

        step.reached().letGo();

        assertThat(bodies.held()).isZero();
        assertThat(step.output().isRepeatable()).isFalse();
        assertThat(step.reached().modelAsked()).isEqualTo("some-model");
    }

    @Test
    void refusesWhatItCannotRead() {
        var request = MadeUpRequest.chat();
        var step = take(request, PLAIN, Endpoint.CREATE_CHAT_COMPLETION);

        request.bring("{\"model\":");
        request.end();

        assertThat(step.error()).isInstanceOf(GatewayError.InvalidRequest.class);
        assertThat(step.reached().bytesIn()).isEqualTo(9);
    }

    @Test
    void refusesALengthThatIsTooLargeUnread() {
        var request = MadeUpRequest.chat().with("content-length", "100001");

        var step = take(request, BOUND, Endpoint.CREATE_CHAT_COMPLETION);

        assertThat(step.error()).isEqualTo(new GatewayError.BodyTooLarge(100_000));
        assertThat(request.isRead()).isFalse();
    }

    @Test
    void refusesABodyThatGrowsTooLargeAndKnowsHowFarItCame() {
        var request = MadeUpRequest.chat();
        var step = take(request, BOUND, Endpoint.CREATE_CHAT_COMPLETION);

        request.bring("x".repeat(60_000));
        request.bring("x".repeat(60_000));
        request.bring("x".repeat(60_000));

        assertThat(step.error()).isEqualTo(new GatewayError.BodyTooLarge(100_000));
        assertThat(step.reached().bytesIn()).isEqualTo(120_000);
        assertThat(request.timers()).isZero();
    }

    @Test
    void refusesWhatComesInNoFormThatThePathTakes() {
        var request = MadeUpRequest.of("POST", "/v1/chat/completions");

        assertThat(take(request, PLAIN, Endpoint.CREATE_CHAT_COMPLETION).error())
                .isInstanceOf(GatewayError.UnsupportedMedia.class);
        assertThat(request.isRead()).isFalse();
    }

    @Test
    void refusesABodyWhereNoneIsTaken() {
        var request = MadeUpRequest.of("GET", "/v1/models").with("content-length", "1");

        assertThat(take(request, PLAIN, Endpoint.LIST_MODELS).error())
                .isInstanceOfSatisfying(
                        GatewayError.InvalidRequest.class,
                        error -> assertThat(error.code()).isEqualTo("unexpected_body"));
    }

    @Test
    void asksForABodyThatWaitsToBeAskedFor() {
        var request = MadeUpRequest.chat().with("expect", "100-Continue");

        take(request, PLAIN, Endpoint.CREATE_CHAT_COMPLETION);

        assertThat(request.isContinued()).isTrue();
    }

    @Test
    void goesOnAtOnceWithWhatHasNoBody() {
        var request = MadeUpRequest.of("GET", "/v1/models");

        var step = take(request, PLAIN, Endpoint.LIST_MODELS);

        assertThat(step.output().body()).isEqualTo(new Asked.Nothing());
        assertThat(request.isRead()).isFalse();
    }

    @Test
    void leavesAnUploadUnreadWhoseCallerMayUseEveryModel() {
        var request = upload().with("content-length", "1000");

        var step = take(request, PLAIN, Endpoint.TRANSCRIBE);

        assertThat(step.output().body())
                .isEqualTo(
                        new Asked.Upload(
                                null, OptionalLong.of(1000), config.maxUploadSize().asLongValue()));
        assertThat(request.isRead()).isFalse();
    }

    @Test
    void readsAnUploadUpToItsModel() {
        var request = upload();
        var step = take(request, BOUND, Endpoint.TRANSCRIBE);

        request.bring(NAMED.substring(0, 60));
        assertThat(step.waits()).isTrue();
        request.bring(NAMED.substring(60) + "--x\r\n");

        assertThat(step.reached().modelAsked()).isEqualTo("some-model");
        assertThat(step.reached().bytesIn()).isZero();
        assertThat(bodies.held()).isPositive();
        step.reached().letGo();
        assertThat(bodies.held()).isZero();
    }

    @Test
    void refusesAnUploadThatEndsWithoutAModel() {
        var request = upload();
        var step = take(request, BOUND, Endpoint.TRANSCRIBE);

        request.bring("--x--\r\n");
        request.end();

        assertThat(step.error())
                .isInstanceOfSatisfying(
                        GatewayError.InvalidRequest.class,
                        error -> assertThat(error.code()).isEqualTo("missing_model"));
    }

    @Test
    void readsNoFurtherForACallerWhoHasGone() {
        var request = MadeUpRequest.chat();
        var step = take(request, PLAIN, Endpoint.CREATE_CHAT_COMPLETION);
        request.bring(CHAT);

        step.callerGone();
        request.end();

        assertThat(step.waits()).isTrue();
        assertThat(request.timers()).isZero();
        assertThat(step.reached().bytesIn()).isEqualTo(CHAT.length());
        step.reached().letGo();
        assertThat(bodies.held()).isZero();
    }

    @Test
    void readsALargeBodyElsewhereAndComesBack() throws InterruptedException {
        var request = MadeUpRequest.chat();
        var read = new CountDownLatch(1);
        var step =
                OneStep.take(
                        new ReadRequest(config, bodies, new LargeBodies()),
                        request.whenAsked(read::countDown)
                                .matched(PLAIN, Endpoint.CREATE_CHAT_COMPLETION));

        request.bring("{\"model\":\"m\",\"x\":\"" + "x".repeat(BodyBytes.BLOCK) + "\"}");
        request.end();
        assertThat(step.waits()).isTrue();
        read.await();
        request.turn();

        assertThat(step.reached().modelAsked()).isEqualTo("m");
        assertThat(step.waits()).isFalse();
    }

    private static MadeUpRequest upload() {
        return MadeUpRequest.of("POST", "/v1/audio/transcriptions")
                .with("content-type", "multipart/form-data; boundary=x")
                .with("transfer-encoding", "chunked");
    }

    private OneStep<Asked> take(MadeUpRequest request, Caller caller, Endpoint endpoint) {
        return OneStep.take(
                new ReadRequest(config, bodies, new LargeBodies()),
                request.matched(caller, endpoint));
    }
}
