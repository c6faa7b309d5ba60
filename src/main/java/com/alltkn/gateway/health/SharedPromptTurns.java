package com.alltkn.gateway.health;

import com.alltkn.gateway.health.PromptTurns.Turn.Ask;
import com.alltkn.gateway.health.PromptTurns.Turn.Known;
import com.alltkn.gateway.health.PromptTurns.Turn.Wait;
import com.alltkn.gateway.redis.Reply;
import com.alltkn.gateway.redis.Script;
import com.alltkn.gateway.redis.ScriptCall;
import com.alltkn.gateway.redis.SharedState;
import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.upstream.PromptOutcome;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;

/// Turns that pods on the same revision take by a lease in Redis. What the one found stands for all
/// until the next is due. While Redis does not answer, every pod asks for itself.
final class SharedPromptTurns implements PromptTurns {

    /// Longer than a prompt may take.
    private static final Duration LEASE = Duration.ofSeconds(10);

    private final SharedState shared;
    private final Duration life;

    /// @param shared where the lease is
    /// @param life how long a finding stands
    SharedPromptTurns(SharedState shared, Duration life) {
        this.shared = shared;
        this.life = life;
    }

    @Override
    public Turn next(Revision revision) {
        try {
            return shared.scripts()
                    .run(
                            new ScriptCall<>(
                                    Script.PROMPT,
                                    List.of(found(revision), key(revision, "prompt-lease")),
                                    List.of(
                                            shared.fleet().pod(),
                                            Long.toString(LEASE.toMillis()),
                                            Long.toString(life.toMillis())),
                                    this::turn))
                    .inTime()
                    .toCompletionStage()
                    .toCompletableFuture()
                    .join();
        } catch (CompletionException | CancellationException e) {
            // The reason is in the log of what is shared.
            return new Ask();
        }
    }

    @Override
    public void found(Revision revision, Finding finding) {
        shared.scripts()
                .set(
                        found(revision),
                        finding.outcome().word()
                                + finding.latency()
                                        .map(latency -> " " + latency.toMillis())
                                        .orElse(""),
                        life);
    }

    private Turn turn(Reply reply) {
        return switch (reply.text(0)) {
            case "ask" -> new Ask();
            case "wait" -> new Wait();
            case String found -> {
                var words = found.split(" ", 2);
                yield new Known(
                        new Finding(
                                PromptOutcome.valueOf(words[0].toUpperCase(Locale.ROOT)),
                                words.length == 1
                                        ? Optional.empty()
                                        : Optional.of(Duration.ofMillis(Long.parseLong(words[1])))),
                        life.minusMillis(reply.number(1)));
            }
        };
    }

    private String found(Revision revision) {
        return key(revision, "prompt");
    }

    private String key(Revision revision, String name) {
        return shared.scripts().key("revision-" + revision.contentId(), name);
    }
}
