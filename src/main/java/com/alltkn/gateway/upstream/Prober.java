package com.alltkn.gateway.upstream;

import com.alltkn.gateway.rollout.Settings;
import com.alltkn.gateway.secret.Secret;
import com.alltkn.gateway.upstream.PromptClient.Message;
import com.alltkn.gateway.upstream.PromptClient.Prompt;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.rest.client.reactive.QuarkusRestClientBuilder;
import io.quarkus.tls.TlsConfigurationRegistry;
import jakarta.inject.Singleton;
import jakarta.ws.rs.ProcessingException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Asks upstream one small prompt and judges the answer. Blocks: called on virtual threads only.
@Singleton
public class Prober {

    /// Few, for each prompt is paid; enough for a reasoning model to have begun to think.
    private static final int OUTPUT_TOKENS = 32;

    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    /// More than any list of models has.
    private static final int MOST_BYTES = 1 << 20;

    /// More than anybody offers, and as much as one may look at.
    private static final int MOST_MODELS = 1000;

    /// What a log may show, and no more than a name has.
    private static final Pattern MODEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}");

    private static final ObjectMapper JSON = new ObjectMapper();

    private final UpstreamConfig config;
    private final TlsConfigurationRegistry tls;

    Prober(UpstreamConfig config, TlsConfigurationRegistry tls) {
        this.config = config;
        this.tls = tls;
    }

    /// Asks with a revision's key, address and default model.
    ///
    /// @param settings the revision's settings
    /// @return what came of it, after 5 s at the latest
    public PromptOutcome ask(Settings settings) {
        return ask(settings, settings.defaultModel()).outcome();
    }

    /// Asks with a revision's key and address for a model.
    ///
    /// @param settings the revision's settings
    /// @param model the model
    /// @return what came of it, after 5 s at the latest
    Judged ask(Settings settings, String model) {
        var prompt =
                new Prompt(
                        model,
                        List.of(new Message("user", "Answer with the word OK.")),
                        OUTPUT_TOKENS);
        return call(settings, client -> client.ask(bearer(settings), prompt), Prober::judge);
    }

    /// Asks which models there are.
    ///
    /// @param settings the revision's settings
    /// @return their names; none where upstream does not tell, and why
    Models models(Settings settings) {
        var names = new ArrayList<String>();
        var judged =
                call(
                        settings,
                        client -> client.models(bearer(settings)),
                        (status, contentType, body, key) -> {
                            names.addAll(names(body));
                            return judge(status, contentType, body, key);
                        });
        return new Models(
                judged.outcome() == PromptOutcome.REFUSED ? List.of() : List.copyOf(names), judged);
    }

    private Judged call(Settings settings, Function<PromptClient, Response> question, Judge judge) {
        var builder =
                QuarkusRestClientBuilder.newBuilder()
                        .baseUri(settings.baseUrl())
                        .connectTimeout(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                        .readTimeout(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                        .followRedirects(false)
                        .property("microprofile.rest.client.disable.default.mapper", true);
        config.tlsConfiguration()
                .ifPresent(name -> builder.tlsConfiguration(tls.get(name).orElseThrow()));
        try (var client = new ClosingClient(builder.build(PromptClient.class))) {
            return inTime(() -> {
                var response = question.apply(client.prompts());
                return judge.judge(
                        response.getStatus(),
                        response.getHeaderString(HttpHeaders.CONTENT_TYPE),
                        body(response),
                        settings.apiKey());
            });
        } catch (IOException e) {
            throw new IllegalStateException("closing a client cannot fail", e);
        }
    }

    /// The client's own time-out ends with the answer's head, so whatever sends the rest bit by bit
    /// is left by closing the client.
    private static Judged inTime(Callable<Judged> call) {
        var answer = new FutureTask<>(call);
        Thread.ofVirtual().name("prompt").start(answer);
        try {
            return answer.get(TIMEOUT.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return failed(PromptOutcome.TIMED_OUT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return failed(PromptOutcome.UNREACHABLE);
        } catch (ExecutionException e) {
            return failed(
                    switch (e.getCause()) {
                        case ProcessingException p when p.getCause() instanceof TimeoutException ->
                                PromptOutcome.TIMED_OUT;
                        case ProcessingException _, IOException _ -> PromptOutcome.UNREACHABLE;
                        // What is no HTTP, as far as the client can tell.
                        case null, default -> PromptOutcome.UPSTREAM_FAILED;
                    });
        } finally {
            answer.cancel(true);
        }
    }

    private static Judged failed(PromptOutcome outcome) {
        return new Judged(outcome, "");
    }

    /// The beginning of the body: the rest would say nothing more. It is never read, nor is the
    /// answer closed, which would; the connection ends with the client.
    private static byte[] body(Response response) throws IOException {
        var body = response.readEntity(InputStream.class);
        return body == null ? new byte[0] : body.readNBytes(MOST_BYTES);
    }

    private static String bearer(Settings settings) {
        return "Bearer " + settings.apiKey().reveal();
    }

    /// Judges an answer. The text of it never counts: a key is not refused for what a model says.
    ///
    /// @param status the HTTP status
    /// @param contentType its content type
    /// @param body the body
    /// @param key what it was asked with
    /// @return the judgement
    static Judged judge(int status, @Nullable String contentType, byte[] body, Secret key) {
        var answer = UpstreamAnswer.read(status, contentType, body);
        var outcome =
                switch (answer.meaning()) {
                    case ANSWERED ->
                            isAnswer(body) ? PromptOutcome.GOOD : PromptOutcome.INVALID_ANSWER;
                    case KEY_REFUSED -> PromptOutcome.REFUSED;
                    case TURNED_AWAY -> PromptOutcome.TURNED_AWAY;
                    case QUOTA_SPENT -> PromptOutcome.QUOTA;
                    case MODEL_UNAVAILABLE -> PromptOutcome.MODEL_UNAVAILABLE;
                    case RATE_LIMITED -> PromptOutcome.RATE_LIMITED;
                    case REQUEST_REFUSED, ILL -> PromptOutcome.UPSTREAM_FAILED;
                };
        return new Judged(outcome, UpstreamWords.of(status, answer, key));
    }

    private static boolean isAnswer(byte[] body) {
        JsonNode root;
        try {
            root = JSON.readTree(body);
        } catch (IOException notJson) {
            return false;
        }
        var choice = root.path("choices").path(0);
        var message = choice.path("message");
        return choice.hasNonNull("finish_reason")
                && (!message.path("content").asText("").isEmpty()
                        || !message.path("reasoning_content").asText("").isEmpty()
                        || root.path("usage").path("completion_tokens").asLong() > 0);
    }

    /// @return the names in an answer that lists models, as far as they are names
    static List<String> names(byte[] body) {
        var names = new ArrayList<String>();
        try {
            for (var model : JSON.readTree(body).path("data")) {
                var name = model.path("id").asText("");
                if (names.size() < MOST_MODELS && MODEL.matcher(name).matches()) {
                    names.add(name);
                }
            }
        } catch (IOException notJson) {
            return List.of();
        }
        return names;
    }

    /// What came of a call.
    ///
    /// @param outcome the judgement
    /// @param words upstream's own, where it refused; never the key
    record Judged(PromptOutcome outcome, String words) {}

    /// The models that upstream says there are.
    ///
    /// @param names their names
    /// @param judged what came of the call
    record Models(List<String> names, Judged judged) {}

    private interface Judge {
        Judged judge(int status, @Nullable String contentType, byte[] body, Secret key);
    }

    private record ClosingClient(PromptClient prompts) implements AutoCloseable {

        @Override
        public void close() throws IOException {
            if (prompts instanceof java.io.Closeable closeable) {
                closeable.close();
            }
        }
    }
}
