package com.alltkn.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.alltkn.gateway.laboratory.GatewayTest;
import com.alltkn.gateway.laboratory.Script;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.BadRequestException;
import com.openai.errors.InternalServerException;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIServiceException;
import com.openai.errors.PermissionDeniedException;
import com.openai.errors.RateLimitException;
import com.openai.errors.UnauthorizedException;
import com.openai.errors.UnexpectedStatusCodeException;
import com.openai.errors.UnprocessableEntityException;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.embeddings.EmbeddingCreateParams;
import io.quarkus.test.junit.QuarkusTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The gateway as a product sees it: through OpenAI's own client.
@QuarkusTest
class OpenAiJavaClientTest extends GatewayTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final ChatCompletionCreateParams QUESTION =
            ChatCompletionCreateParams.builder()
                    .model("some-model")
                    .addUserMessage("hello")
                    .build();

    private final List<OpenAIClient> clients = new ArrayList<>();

    @AfterEach
    void closeClients() {
        clients.forEach(OpenAIClient::close);
    }

    @ParameterizedTest
    @ValueSource(strings = {"v1", "api/v1"})
    void readsAPlainAnswer(String root) {
        var answer = client(root, laboratory.callerKey(), 0).chat().completions().create(QUESTION);

        assertThat(answer.choices().getFirst().message().content()).contains("hello");
        assertThat(answer.usage().orElseThrow().totalTokens()).isEqualTo(6);
    }

    @Test
    void readsEveryChunkAndTheUsageOfAStream() {
        laboratory
                .upstream()
                .answer(
                        Script.sse(
                                chunk("hel"),
                                chunk("lo 你"),
                                chunk("好"),
                                usageChunk(),
                                Script.event("[DONE]")));
        var streamed =
                QUESTION.toBuilder()
                        .streamOptions(
                                ChatCompletionStreamOptions.builder().includeUsage(true).build())
                        .build();

        List<ChatCompletionChunk> chunks;
        try (var stream = client(0).chat().completions().createStreaming(streamed)) {
            chunks = stream.stream().toList();
        }

        assertThat(text(chunks)).isEqualTo("hello 你好");
        assertThat(chunks).hasSize(4);
        assertThat(chunks.getLast().usage().orElseThrow().totalTokens()).isEqualTo(6);
    }

    @Test
    void seesNoUsageThatOnlyTheGatewayAskedFor() {
        laboratory
                .upstream()
                .answer(Script.sse(chunk("hello"), usageChunk(), Script.event("[DONE]")));

        List<ChatCompletionChunk> chunks;
        try (var stream = client(0).chat().completions().createStreaming(QUESTION)) {
            chunks = stream.stream().toList();
        }

        assertThat(chunks).hasSize(1);
        assertThat(records.single().path("output_tokens").asInt()).isEqualTo(1);
    }

    @Test
    void failsWithAStreamThatIsCut() {
        laboratory.upstream().answer(Script.sseHead().chunks(chunk("hel")).cut());

        try (var stream = client(0).chat().completions().createStreaming(QUESTION)) {
            var failure =
                    catchThrowableOfType(
                            OpenAIServiceException.class, () -> stream.stream().toList());

            assertThat(failure.code()).contains("upstream_interrupted");
        }
    }

    @ParameterizedTest
    @MethodSource
    void throwsTheClassOfEachStatus(
            int upstream, int status, String code, Class<? extends OpenAIServiceException> type) {
        laboratory
                .upstream()
                .answer(Script.json(upstream, "{\"error\":{\"message\":\"m\",\"code\":\"c\"}}"));

        var failure = failure(client(0));

        assertThat(failure).isExactlyInstanceOf(type);
        assertThat(failure.statusCode()).isEqualTo(status);
        assertThat(failure.code()).contains(code);
        assertThat(laboratory.upstream().requests()).hasSize(1);
    }

    static List<Arguments> throwsTheClassOfEachStatus() {
        return List.of(
                Arguments.of(400, 400, "c", BadRequestException.class),
                Arguments.of(404, 404, "c", NotFoundException.class),
                Arguments.of(409, 409, "c", UnexpectedStatusCodeException.class),
                Arguments.of(422, 422, "c", UnprocessableEntityException.class),
                Arguments.of(429, 429, "rate_limit_exceeded", RateLimitException.class),
                Arguments.of(
                        401, 502, "upstream_credentials_exhausted", InternalServerException.class),
                Arguments.of(402, 502, "upstream_quota_exhausted", InternalServerException.class),
                Arguments.of(403, 502, "upstream_permission_denied", InternalServerException.class),
                Arguments.of(500, 502, "upstream_failed", InternalServerException.class),
                Arguments.of(503, 503, "upstream_overloaded", InternalServerException.class),
                Arguments.of(504, 504, "upstream_timeout", InternalServerException.class));
    }

    @Test
    void throwsUnauthorizedForAWrongKey() {
        var failure = failure(client("v1", "wrong", 0));

        assertThat(failure).isExactlyInstanceOf(UnauthorizedException.class);
        assertThat(failure.code()).contains("invalid_api_key");
        assertThat(failure.type()).contains("invalid_request_error");
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    @Test
    void throwsPermissionDeniedForStoredObjects() {
        var failure =
                catchThrowableOfType(OpenAIServiceException.class, () -> client(2).files().list());

        assertThat(failure).isExactlyInstanceOf(PermissionDeniedException.class);
        assertThat(failure.code()).contains("path_not_allowed");
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 402, 403})
    void triesNothingAgainThatCannotGetBetter(int status) {
        laboratory.upstream().answer(Script.json(status, "{}"));

        failure(client(2));

        assertThat(laboratory.upstream().requests()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {409, 429, 500, 503})
    void triesNothingAgainWhereUpstreamWantsNoRetry(int status) {
        laboratory.upstream().answer(Script.json(status, "{}", "x-should-retry: false"));

        failure(client(2));

        assertThat(laboratory.upstream().requests()).hasSize(1);
    }

    @Test
    void triesASpentQuotaOnce() {
        laboratory
                .upstream()
                .answer(
                        Script.json(
                                429,
                                "{\"error\":{\"message\":\"m\",\"code\":\"insufficient_quota\"}}",
                                "retry-after: 3600"));

        failure(client(2));

        assertThat(laboratory.upstream().requests()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 500, 503})
    void asksUpstreamAtMostThreeTimes(int status) {
        laboratory.upstream().answer(Script.json(status, "{}", "retry-after-ms: 1"));

        failure(client(2));

        assertThat(laboratory.upstream().requests()).hasSizeLessThanOrEqualTo(3);
    }

    @Test
    void succeedsByItsOwnRetry() {
        laboratory.upstream().answerNext(Script.json(429, "{}", "retry-after-ms: 1"));

        var answer = client(2).chat().completions().create(QUESTION);

        assertThat(answer.choices()).hasSize(1);
        assertThat(laboratory.upstream().requests()).hasSize(2);
    }

    @Test
    void closesUpstreamWhenItLeavesAStream() throws InterruptedException {
        laboratory.upstream().answer(Script.stallAfter(chunk("hel")));

        try (var stream = client(0).chat().completions().createStreaming(QUESTION)) {
            assertThat(stream.stream().findFirst()).isPresent();
        }

        var connection = laboratory.upstream().requests().getFirst().connectionId();
        assertThat(laboratory.upstream().awaitPeerClosed(connection, SECOND)).isTrue();
        assertThat(records.single().path("outcome").asText()).isEqualTo("caller_gone");
    }

    @Test
    void readsEmbeddings() {
        laboratory
                .upstream()
                .answer(
                        Script.json(
                                200,
                                "{\"object\":\"list\",\"model\":\"e\",\"data\":[{\"object\":"
                                        + "\"embedding\",\"index\":0,\"embedding\":[0.5,-1.25]}],"
                                        + "\"usage\":{\"prompt_tokens\":2,\"total_tokens\":2}}"));

        var answer =
                client(0)
                        .embeddings()
                        .create(EmbeddingCreateParams.builder().model("e").input("hello").build());

        assertThat(answer.data().getFirst().embedding()).containsExactly(0.5f, -1.25f);
    }

    @Test
    void listsModelsAndReadsOneWhoseNameHoldsASlash() {
        var model =
                "{\"id\":\"vendor/Model-X:free\",\"object\":\"model\",\"created\":1,\"owned_by\":\"v\"}";
        laboratory
                .upstream()
                .answerNext(
                        Script.json(200, "{\"object\":\"list\",\"data\":[" + model + "]}"),
                        Script.json(200, model));
        var models = client(0).models();

        assertThat(models.list().data().getFirst().id()).isEqualTo("vendor/Model-X:free");
        assertThat(models.retrieve("vendor/Model-X:free").id()).isEqualTo("vendor/Model-X:free");

        assertThat(laboratory.upstream().requests().getLast().rawPath())
                .isIn(
                        "/api/v1/models/vendor%2FModel-X:free",
                        "/api/v1/models/vendor%2FModel-X%3Afree");
    }

    private OpenAIClient client(int retries) {
        return client("v1", laboratory.callerKey(), retries);
    }

    private OpenAIClient client(String root, String key, int retries) {
        var client =
                OpenAIOkHttpClient.builder()
                        .baseUrl(url.resolve("/" + root).toString())
                        .apiKey(key)
                        .maxRetries(retries)
                        .timeout(Duration.ofSeconds(10))
                        .build();
        clients.add(client);
        return client;
    }

    private static OpenAIServiceException failure(OpenAIClient client) {
        return catchThrowableOfType(
                OpenAIServiceException.class, () -> client.chat().completions().create(QUESTION));
    }

    private static String text(List<ChatCompletionChunk> chunks) {
        var text = new StringBuilder();
        for (var chunk : chunks) {
            chunk.choices().forEach(choice -> choice.delta().content().ifPresent(text::append));
        }
        return text.toString();
    }

    private static String chunk(String text) {
        return Script.event(
                "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
                        + "\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
                        + text
                        + "\"},\"finish_reason\":null}]}");
    }

    private static String usageChunk() {
        return Script.event(
                "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
                        + "\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":1,"
                        + "\"total_tokens\":6}}");
    }
}
