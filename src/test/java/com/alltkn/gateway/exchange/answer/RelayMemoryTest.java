package com.alltkn.gateway.exchange.answer;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.exchange.request.ExchangeConfig;
import com.alltkn.gateway.laboratory.Mappings;
import com.alltkn.gateway.openai.StreamEnd;
import com.alltkn.gateway.openai.Usage;
import com.alltkn.gateway.secret.Secret;
import com.alltkn.gateway.secret.SecretMask;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerResponse;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What thousands of answers hold together while they are relayed.
class RelayMemoryTest {

    private static final int KIBIBYTE = 1024;
    private static final int MOST = 16 * 1024 * KIBIBYTE;
    private static final int ANSWERS_OF_EACH = 2_000;
    private static final String USAGE = "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}";

    private final AnswerMemory memory =
            new AnswerMemory(
                    Mappings.read(
                            ExchangeConfig.class,
                            Map.of("gateway.exchange.max-answer-memory", "16M")));
    private final SecretMask mask = new SecretMask(Secret.of("test-key"));
    private final List<Relay> relays = new ArrayList<>();
    private long written;

    @AfterEach
    void givesAllOfItBack() {
        relays.forEach(Relay::close);

        assertThat(memory.held()).isZero();
        assertThat(memory.holders()).isZero();
    }

    @Test
    void isBoundedForJsonThatStandsStill() {
        var start = "{\"a\":\"" + "x".repeat(20 * KIBIBYTE);

        open(AnswerKind.JSON, start, "x".repeat(16 * KIBIBYTE));

        assertBounded(184);
        endAll("\"," + USAGE + "}", start.length() + 16 * KIBIBYTE);
    }

    @Test
    void isBoundedForEventsThatStandOpen() {
        var start = "data: {\"choices\":[{}],\"a\":\"" + "x".repeat(7 * KIBIBYTE);

        open(AnswerKind.EVENTS, start, "x".repeat(512));

        assertBounded(88);
        endAll("\"," + USAGE + "}\n\ndata: [DONE]\n\n", start.length() + 512);
    }

    @Test
    void isLittleForEventsThatAreWhole() {
        var event = "data: {\"choices\":[{\"delta\":{\"content\":\"word\"}}]}\n\n";

        open(AnswerKind.EVENTS, event, event);

        assertThat(memory.held()).isLessThan(2 * ANSWERS_OF_EACH * KIBIBYTE / 4);
        assertThat(memory.holders()).isZero();
    }

    @Test
    void isNothingForWhatIsNotRead() {
        open(AnswerKind.OPAQUE, "RIFF" + "x".repeat(16 * KIBIBYTE));

        assertThat(memory.held()).isZero();
        assertThat(written).isEqualTo(2L * ANSWERS_OF_EACH * (4 + 16 * KIBIBYTE));
    }

    private void open(AnswerKind kind, String... pieces) {
        for (var caller : List.of("a", "b")) {
            for (int i = 0; i < ANSWERS_OF_EACH; i++) {
                var relay = relay(kind, caller);
                for (var piece : pieces) {
                    assertThat(relay.accept(Buffer.buffer(piece))).isTrue();
                }
                relays.add(relay);
            }
        }
    }

    /// @param unbounded what they would hold without a bound, in MiB
    private void assertBounded(int unbounded) {
        var own = 2L * ANSWERS_OF_EACH * AnswerMemory.OWN;
        assertThat(memory.held()).isBetween(MOST / 2L, MOST + own);
        assertThat(memory.held() * 2).isLessThan(unbounded * 1024L * KIBIBYTE);
    }

    private void endAll(String rest, int before) {
        for (var relay : relays) {
            assertThat(relay.accept(Buffer.buffer(rest))).isTrue();
            assertThat(relay.end()).isEmpty();
            assertThat(relay.usage()).contains(new Usage(3, 4));
        }
        assertThat(written).isEqualTo((long) relays.size() * (before + rest.length()));
    }

    private Relay relay(AnswerKind kind, String caller) {
        return new Relay(
                new Relay.Source() {
                    @Override
                    public void pause() {}

                    @Override
                    public void resume() {}
                },
                kind,
                AnswerTaps.of(kind, StreamEnd.DONE, true, false, mask),
                memory.part(caller),
                head(),
                response(),
                _ -> {});
    }

    private static HttpClientResponse head() {
        var headers = MultiMap.caseInsensitiveMultiMap();
        return proxy(
                HttpClientResponse.class,
                (method, _) ->
                        switch (method) {
                            case "statusCode" -> 200;
                            case "headers" -> headers;
                            default -> null;
                        });
    }

    private HttpServerResponse response() {
        var headers = MultiMap.caseInsensitiveMultiMap();
        return proxy(
                HttpServerResponse.class,
                (method, arguments) ->
                        switch (method) {
                            case "headers" -> headers;
                            case "writeQueueFull" -> false;
                            case "write", "end" -> {
                                if (arguments != null && arguments[0] instanceof Buffer bytes) {
                                    written += bytes.length();
                                }
                                yield null;
                            }
                            default -> null;
                        });
    }

    private static <T> T proxy(Class<T> type, Calls calls) {
        return type.cast(
                Proxy.newProxyInstance(
                        type.getClassLoader(),
                        new Class<?>[] {type},
                        (_, method, arguments) -> calls.answer(method.getName(), arguments)));
    }

    private interface Calls {
        @Nullable Object answer(String method, Object @Nullable [] arguments);
    }
}
