package com.alltkn.gateway.upstream;

import com.alltkn.gateway.rollout.Settings;
import com.alltkn.gateway.upstream.PromptClient.Message;
import com.alltkn.gateway.upstream.PromptClient.Prompt;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.rest.client.reactive.QuarkusRestClientBuilder;
import io.quarkus.tls.TlsConfigurationRegistry;
import jakarta.inject.Singleton;
import jakarta.ws.rs.ProcessingException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Asks upstream one small prompt and judges the answer. Blocks: called on virtual threads only.
@Singleton
public class Prober {

    /// Few, for each prompt is paid; enough for a reasoning model to have begun to think.
    private static final int OUTPUT_TOKENS = 32;

    private static final Duration TIMEOUT = Duration.ofSeconds(5);
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
        var builder =
                QuarkusRestClientBuilder.newBuilder()
                        .baseUri(settings.baseUrl())
                        .connectTimeout(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                        .readTimeout(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                        .followRedirects(false)
                        .property("microprofile.rest.client.disable.default.mapper", true);
        config.tlsConfiguration()
                .ifPresent(name -> builder.tlsConfiguration(tls.get(name).orElseThrow()));
        var prompt =
                new Prompt(
                        settings.defaultModel(),
                        List.of(new Message("user", "Answer with the word OK.")),
                        OUTPUT_TOKENS);
        try (var client = new ClosingClient(builder.build(PromptClient.class));
                var response =
                        client.prompts().ask("Bearer " + settings.apiKey().reveal(), prompt)) {
            return judge(response.getStatus(), response.readEntity(byte[].class));
        } catch (ProcessingException e) {
            return e.getCause() instanceof TimeoutException
                    ? PromptOutcome.TIMED_OUT
                    : PromptOutcome.UNREACHABLE;
        } catch (IOException e) {
            throw new IllegalStateException("closing a client cannot fail", e);
        }
    }

    /// Judges an answer. The text of it never counts: a key is not refused for what a model says.
    ///
    /// @param status the HTTP status
    /// @param body the body
    /// @return the judgement
    static PromptOutcome judge(int status, byte[] body) {
        if (status / 100 == 2) {
            return isAnswer(body) ? PromptOutcome.GOOD : PromptOutcome.INVALID_ANSWER;
        }
        return switch (UpstreamErrors.quotaSpent(status, body) ? 402 : status) {
            case 401, 403 -> PromptOutcome.REFUSED;
            case 402 -> PromptOutcome.QUOTA;
            case 429 -> PromptOutcome.RATE_LIMITED;
            default -> PromptOutcome.UPSTREAM_FAILED;
        };
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

    private record ClosingClient(PromptClient prompts) implements AutoCloseable {

        @Override
        public void close() throws IOException {
            if (prompts instanceof java.io.Closeable closeable) {
                closeable.close();
            }
        }
    }
}
