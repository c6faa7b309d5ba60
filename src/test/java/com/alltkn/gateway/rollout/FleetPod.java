package com.alltkn.gateway.rollout;

import com.alltkn.gateway.check.Strictness;
import com.alltkn.gateway.laboratory.Mappings;
import com.alltkn.gateway.rollout.vault.VaultKeyRegistry;
import com.alltkn.gateway.rollout.vault.VaultSource;
import com.alltkn.gateway.rollout.vault.VaultSourceConfig;
import io.quarkus.vault.client.VaultClient;
import io.quarkus.vault.client.auth.VaultKubernetesAuthOptions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// One pod of a fleet, on a clock of its own: the real loop with all that decides when something is
/// read or asked, down to Vault's own client. Only the two networks are not there.
final class FleetPod implements InstantSource, RevisionProbe, RevisionListener {

    private static final VaultSourceConfig CONFIG =
            Mappings.read(VaultSourceConfig.class, Map.of());
    private static final Duration PROBATION =
            Mappings.read(RolloutConfig.class, Map.of()).probation();

    /// As `quarkus.vault.renew-grace-period` is set.
    private static final Duration RENEWED_BEFORE = Duration.ofMinutes(2);

    private static final Duration BETWEEN_REQUESTS = Duration.ofSeconds(1);
    private static final Duration SHORTEST_PROMPT = Duration.ofMillis(300);
    private static final Duration LONGEST_PROMPT = Duration.ofMillis(1500);

    private final FleetWorld world;
    private final PerSecond promptsOfAll;
    private final RandomGenerator random;
    private final Revisions revisions;
    private final RevisionLoop loop;
    private Instant now;
    private boolean failing;
    private int prompts;
    private @Nullable Instant onNewestKey;

    /// @param starts when it begins
    /// @param promptsOfAll where its prompts are counted, too
    FleetPod(
            FleetWorld world,
            FleetVault vault,
            PerSecond promptsOfAll,
            Instant starts,
            RandomGenerator random) {
        this.world = world;
        this.promptsOfAll = promptsOfAll;
        this.random = random;
        this.now = starts;
        var client =
                VaultClient.builder()
                        .baseUrl("https://vault.invalid")
                        .kubernetes(
                                VaultKubernetesAuthOptions.builder()
                                        .role("pod")
                                        .jwtProvider(() -> CompletableFuture.completedStage("jwt"))
                                        .caching(RENEWED_BEFORE)
                                        .build())
                        .executor(vault.connection(this))
                        .instantSource(this)
                        .build();
        var source = new VaultSource(() -> client, CONFIG, "prod", withZone(ZoneOffset.UTC));
        var registry = new VaultKeyRegistry(() -> client, CONFIG, "prod", world.environments);
        var hosts = new AllowedHosts(Strictness.PROD, Set.of("api.alltkn.com"));
        var parser = new SettingsParser(hosts, Map.of());
        var signals = new Signals(Pause.real());
        revisions = new Revisions(List.of(this), signals, this);
        var canary = new CanaryRules(100, 3, Duration.ofMinutes(30), () -> 3);
        var rules = new RevisionLife.Rules(parser, registry, true, this, canary, PROBATION);
        var life = new RevisionLife(source, rules, revisions, new CanaryTraffic(), this, random);
        loop = new RevisionLoop(source, revisions, life, signals, this, random);
    }

    /// Lets it live; what it does takes time, during which it does nothing else.
    void runUntil(Instant end) {
        var nextStep = now;
        var nextRequest = firstRequest();
        while (true) {
            var next = nextStep.isBefore(nextRequest) ? nextStep : nextRequest;
            if (!next.isBefore(end)) {
                return;
            }
            now = next.isAfter(now) ? next : now;
            if (next.equals(nextRequest)) {
                nextRequest = requestAfter(next.plus(BETWEEN_REQUESTS));
                if (!carryRequest()) {
                    continue;
                }
            }
            nextStep = step();
        }
    }

    private Instant step() {
        try {
            var pause = loop.step();
            return now.plus(pause);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private Instant firstRequest() {
        var phase = Math.round(BETWEEN_REQUESTS.toNanos() * random.nextDouble());
        return requestAfter(now.plusNanos(phase));
    }

    /// @return when the next request comes, at this time at the earliest
    private Instant requestAfter(Instant time) {
        for (var span : world.traffic) {
            if (time.isBefore(span.until())) {
                var phase = Duration.ofNanos(time.getNano());
                return time.isBefore(span.from()) ? span.from().plus(phase) : time;
            }
        }
        return Instant.MAX;
    }

    /// @return whether the loop was woken
    private boolean carryRequest() {
        var active = revisions.activeOrNull();
        if (active == null) {
            return false;
        }
        return switch (world.verdict(active.settings().apiKey().reveal(), now)) {
            case PromptAnswer.Good() -> {
                var recovered = failing;
                failing = false;
                if (recovered) {
                    revisions.trafficRecovered();
                }
                yield recovered;
            }
            case PromptAnswer.KeyRefused _ -> {
                revisions.refused(active, null);
                yield true;
            }
            case PromptAnswer.TurnedAway _,
                    PromptAnswer.QuotaSpent _,
                    PromptAnswer.ModelUnavailable _,
                    PromptAnswer.Nothing _ -> {
                failing = true;
                yield false;
            }
        };
    }

    /// @return when the newest key was proven and carried requests, for the first time
    Optional<Instant> onNewestKey() {
        return Optional.ofNullable(onNewestKey);
    }

    int prompts() {
        return prompts;
    }

    /// Something took this long.
    void pass(Duration time) {
        now = now.plus(time);
    }

    @Override
    public Instant instant() {
        return now;
    }

    @Override
    public PromptAnswer ask(Settings settings, String model) {
        prompts++;
        promptsOfAll.count(now);
        var verdict = world.verdict(settings.apiKey().reveal(), now);
        var spread = LONGEST_PROMPT.minus(SHORTEST_PROMPT).toNanos() * random.nextDouble();
        pass(SHORTEST_PROMPT.plusNanos(Math.round(spread)));
        return verdict;
    }

    @Override
    public ModelList models(Settings settings) {
        return new ModelList.Offered(List.of(settings.defaultModel(), "another-model"));
    }

    @Override
    public void promoted(Revision active, @Nullable Revision before, Promotion how) {
        if (how != Promotion.UNPROVEN) {
            proven(active);
        }
    }

    @Override
    public void proven(Revision active) {
        if (onNewestKey == null && active.settings().apiKey().reveal().equals(world.newestKey())) {
            onNewestKey = now;
        }
    }
}
