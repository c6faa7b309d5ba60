package com.alltkn.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.check.Strictness;
import com.alltkn.gateway.rollout.Reading.Found;
import com.alltkn.gateway.rollout.Reading.Misdirected;
import com.alltkn.gateway.rollout.Reading.Unavailable;
import com.alltkn.gateway.rollout.Reading.Unchanged;
import com.alltkn.gateway.secret.KeyFingerprint;
import com.alltkn.gateway.secret.Secret;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The real loop between a source with versions and an upstream that knows keys, under a clock that
/// only moves between steps: an hour passes in no time. A key that nothing was said about is good.
final class RolloutSimulation implements SettingsSource, KeyRegistry, RevisionProbe, InstantSource {

    static final Duration INTERVAL = Duration.ofSeconds(30);

    /// As long as the next read can be away.
    static final Duration ONE_POLL = Duration.ofSeconds(36);

    static final Duration HOUR = Duration.ofHours(1);
    static final Duration PROBATION = Duration.ofMinutes(10);
    static final Duration CANARY = Duration.ofMinutes(30);
    static final PromptAnswer GOOD = new PromptAnswer.Good();
    static final PromptAnswer REFUSED = new PromptAnswer.KeyRefused("401 invalid_api_key: no");
    static final PromptAnswer PAGE = new PromptAnswer.TurnedAway("403 without a reason");
    static final PromptAnswer QUOTA = new PromptAnswer.QuotaSpent("403 insufficient_user_quota");
    static final PromptAnswer NO_MODEL = new PromptAnswer.ModelUnavailable("503 model_not_found");
    static final PromptAnswer FAILED = new PromptAnswer.Nothing("upstream_failed", false);
    static final PromptAnswer NO_ANSWER = new PromptAnswer.Nothing("invalid_answer", true);

    /// What settings ask for that name no model, and what else there is.
    static final String MODEL = "deepseek-chat";

    static final String OTHER_MODEL = "qwen-plus";
    static final String ADDRESS = "https://api.alltkn.com/api/v1";

    private static final String RUN = UUID.randomUUID().toString();
    static final String OLD = "test-key-old-" + RUN;
    static final String NEW = "test-key-new-" + RUN;
    static final String OTHER = "test-key-other-" + RUN;

    /// Everything that listeners were told, in order, reads left out.
    final List<String> events = new ArrayList<>();

    /// When each key was asked about.
    final Map<String, List<Instant>> prompts = new HashMap<>();

    /// When anything was asked of this pod's budget.
    final List<Instant> counted = new ArrayList<>();

    /// How often the models were asked for.
    int lists;

    final List<Instant> reads = new ArrayList<>();
    final List<Duration> pauses = new ArrayList<>();
    Revisions revisions;
    CanaryTraffic traffic;

    /// How many callers the gateway knows.
    int callers = 10;

    private final TreeMap<Long, Map<String, Object>> written = new TreeMap<>();
    private final Map<String, PromptAnswer> answers = new HashMap<>();
    private final Map<String, PromptAnswer> models = new HashMap<>();
    private List<String> offered = List.of(MODEL, "text-embedding-3", OTHER_MODEL);
    private final Map<KeyFingerprint, Separation> separations = new HashMap<>();
    private final Random random;
    private RevisionLoop loop;
    private RevisionListener observer = new RevisionListener() {};
    private Instant now = Instant.EPOCH;
    private @Nullable Unavailable down;
    private @Nullable PromptAnswer outage;
    private Supplier<@Nullable PromptAnswer> flicker = () -> null;
    private Duration promptTime = Duration.ZERO;
    private Runnable duringPrompts = () -> {};
    private Separation separation = new Separation.NotApplicable();
    private boolean deleted;
    private @Nullable String pin;
    private long generation;
    private @Nullable Object found;
    private boolean pinned;
    private boolean pinLeadsNowhere;
    private boolean standbyLags;

    RolloutSimulation() {
        this(new Random(42));
    }

    RolloutSimulation(Random random) {
        this.random = random;
        restart();
    }

    /// Lets another pod begin in the same world; what the one before knew is gone.
    void restart() {
        var signals = new Signals(Pause.real());
        var hosts = new AllowedHosts(Strictness.PROD, Set.of("api.alltkn.com"));
        var parser = new SettingsParser(hosts, Map.of());
        found = null;
        pinned = false;
        pinLeadsNowhere = false;
        counted.clear();
        revisions = new Revisions(List.of(new Recorder()), signals, this);
        var canary = new CanaryRules(100, 3, CANARY, () -> callers);
        var rules = new RevisionLife.Rules(parser, this, true, this, canary, PROBATION);
        traffic = new CanaryTraffic();
        var life = new RevisionLife(this, rules, revisions, traffic, this, random);
        loop = new RevisionLoop(this, revisions, life, signals, this, random);
    }

    /// Tells somebody else, too, of promotions, prompts, states and rejections.
    void observe(RevisionListener other) {
        observer = other;
    }

    // The world

    /// Writes a key as the next version.
    long write(String key) {
        return write(Map.of("ALLTKN_API_KEY", key));
    }

    /// Writes a key that shall have a canary of so many percent first.
    long write(String key, int canaryPercent) {
        return write(Map.of("ALLTKN_API_KEY", key, "ALLTKN_CANARY_PERCENT", canaryPercent));
    }

    long write(Map<String, Object> fields) {
        var number = written.isEmpty() ? 1 : written.lastKey() + 1;
        written.put(number, fields);
        deleted = false;
        return number;
    }

    /// Deletes everything, so that the count begins at 1 again.
    void deleteMetadata() {
        written.clear();
        generation++;
    }

    void pin(String version) {
        pin = version;
    }

    void unpin() {
        pin = null;
    }

    void deleteCurrent() {
        deleted = true;
    }

    void down(SourceFailure reason) {
        down = new Unavailable(reason, "down");
    }

    void up() {
        down = null;
    }

    /// Says what upstream thinks of a key.
    void upstream(String key, PromptAnswer answer) {
        answers.put(key, answer);
    }

    /// Says so of every key, until [#upstreamHealed()].
    void upstreamFails(PromptAnswer answer) {
        outage = answer;
    }

    /// Says so of one model, whatever the key, until [#upstreamHealed()].
    void modelFails(String model, PromptAnswer answer) {
        models.put(model, answer);
    }

    /// Says what the next prompt is answered with whatever the key, as long as it is not null.
    void upstreamFlickers(Supplier<@Nullable PromptAnswer> answer) {
        flicker = answer;
    }

    void upstreamHealed() {
        outage = null;
        flicker = () -> null;
        models.clear();
    }

    /// Says which models upstream names.
    void offers(String... names) {
        offered = List.of(names);
    }

    /// Lets every other read be answered by one that does not know of the last write yet.
    void standbyLags(boolean lags) {
        standbyLags = lags;
    }

    /// Says how long upstream takes for a prompt, and what happens just after it was asked.
    void promptsTake(Duration time, Runnable meanwhile) {
        promptTime = time;
        duringPrompts = meanwhile;
    }

    /// Says what the registry knows of a key.
    void registry(String key, Separation known) {
        separations.put(KeyFingerprint.of(Secret.of(key)), known);
    }

    /// Says what the registry knows of all others.
    void registry(Separation known) {
        separation = known;
    }

    /// What upstream would say of a key for the usual model right now.
    PromptAnswer truth(String key) {
        return truth(key, MODEL);
    }

    PromptAnswer truth(String key, String model) {
        var known = outage != null ? outage : models.get(model);
        return known != null ? known : answers.getOrDefault(key, GOOD);
    }

    /// How many prompts counted within any hour, at most.
    int mostWithinAnHour() {
        var most = 0;
        var from = 0;
        for (var to = 0; to < counted.size(); to++) {
            while (!counted.get(from).plus(HOUR).isAfter(counted.get(to))) {
                from++;
            }
            most = Math.max(most, to - from + 1);
        }
        return most;
    }

    /// Whether a key is one that upstream accepts while it is well.
    boolean isGood(String key) {
        return answers.getOrDefault(key, GOOD).equals(GOOD);
    }

    /// The key of the version that the source wants to be followed; empty where none can be.
    String wanted() {
        var target = written.isEmpty() ? -1L : pin == null ? written.lastKey() : pinned(pin);
        var fields = versions().contains(target) ? written.get(target) : null;
        return fields == null ? "" : String.valueOf(fields.get("ALLTKN_API_KEY"));
    }

    /// The keys of the newest versions, of which each is named once.
    List<String> newestKeys(int most) {
        return versions().stream().map(this::key).distinct().limit(most).toList();
    }

    String key(long number) {
        return String.valueOf(written.getOrDefault(number, Map.of()).get("ALLTKN_API_KEY"));
    }

    // Traffic

    /// Lets an exchange end that was as quick as most.
    void exchange(Revision bound, String caller, CanaryOutcome outcome) {
        exchange(bound, caller, outcome, Duration.ofMillis(300));
    }

    /// Lets an exchange end that took so long, all of it until the first byte.
    void exchange(Revision bound, String caller, CanaryOutcome outcome, Duration latency) {
        traffic.ended(
                new CanaryExchange(
                        bound.contentId(), caller, "chat", outcome, latency, Optional.of(latency)));
    }

    // Time

    /// Lets the next read be now.
    void wake() {
        loop.wake();
    }

    /// Steps until nothing is due at this very moment.
    void settle() {
        for (var i = 0; i < 1000; i++) {
            if (step().isPositive()) {
                return;
            }
        }
        throw new AssertionError("it never comes to rest: " + events);
    }

    void runFor(Duration time) {
        var end = now.plus(time);
        for (var i = 0; i < 100_000; i++) {
            var pause = step();
            if (now.plus(pause).isAfter(end)) {
                now = end;
                return;
            }
            now = now.plus(pause);
        }
        throw new AssertionError("too many steps: " + events);
    }

    /// @return how long it took
    Duration runUntil(Callable<Boolean> condition) throws Exception {
        var began = now;
        for (var i = 0; i < 100_000; i++) {
            var pause = step();
            if (condition.call()) {
                return Duration.between(began, now);
            }
            now = now.plus(pause);
        }
        throw new AssertionError("it never happens: " + events);
    }

    private Duration step() {
        try {
            var pause = loop.step();
            if (pause.isPositive()) {
                pauses.add(pause);
            }
            return pause;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /// Lets a key be written, proven and settled, and forgets what happened until then.
    void serve(String key) {
        write(key);
        runFor(HOUR);
        assertThat(active()).isEqualTo(key);
        forget();
    }

    // What is seen

    /// Forgets what happened until now.
    void forget() {
        events.clear();
        prompts.clear();
    }

    Revision activeRevision() {
        return revisions.active().orElseThrow();
    }

    /// The key of a replacement that has been told; empty without.
    static Optional<String> key(CompletionStage<Optional<Revision>> replacement) {
        var future = replacement.toCompletableFuture();
        assertThat(future).isDone();
        return future.join().map(r -> r.settings().apiKey().reveal());
    }

    /// The key that carries requests; empty without.
    String active() {
        return revisions.active().map(r -> r.settings().apiKey().reveal()).orElse("");
    }

    long number() {
        return revisions.active().map(Revision::number).orElse(-1L);
    }

    /// Whether there was a pin when the source last answered.
    boolean isPinned() {
        return pinned;
    }

    /// Whether a pin led nowhere when the source last answered.
    boolean pinLeadsNowhere() {
        return pinLeadsNowhere;
    }

    int prompts(String key) {
        return prompts.getOrDefault(key, List.of()).size();
    }

    int prompts() {
        return prompts.values().stream().mapToInt(List::size).sum();
    }

    // The parts that the loop is given

    @Override
    public Instant instant() {
        return now;
    }

    @Override
    public String name() {
        return "vault";
    }

    @Override
    public Duration pollInterval() {
        return INTERVAL;
    }

    @Override
    public Reading read() {
        reads.add(now);
        if (down != null) {
            return down;
        }
        if (written.isEmpty()) {
            return new Unavailable(SourceFailure.ABSENT, "absent");
        }
        var last = written.lastKey();
        var seen = standbyLags && reads.size() % 2 == 0 && last > 1 ? last - 1 : last;
        var target = pin == null ? seen : pinned(pin);
        if (!versions().contains(target)) {
            if (pin != null) {
                pinned = true;
                pinLeadsNowhere = true;
            }
            return pin == null
                    ? new Unavailable(SourceFailure.DELETED, "deleted")
                    : new Misdirected("nowhere " + pin);
        }
        pinned = pin != null;
        pinLeadsNowhere = false;
        var wanted = List.of(generation, target, pin != null);
        if (wanted.equals(found)) {
            return new Unchanged();
        }
        found = wanted;
        var fields = written.getOrDefault(target, Map.of());
        return new Found(target, fields, pin != null, generation + "-" + target);
    }

    private static Long pinned(String pin) {
        return pin.matches("[0-9]+") ? Long.parseLong(pin) : -1L;
    }

    @Override
    public List<Long> versions() {
        return written.keySet().stream()
                .filter(n -> !(deleted && n.equals(written.lastKey())))
                .sorted(Comparator.reverseOrder())
                .toList();
    }

    @Override
    public Reading readVersion(long number) {
        var fields = written.get(number);
        return fields == null
                ? new Unavailable(SourceFailure.ABSENT, "absent")
                : new Found(number, fields);
    }

    @Override
    public Separation claim(KeyFingerprint key) {
        return separations.getOrDefault(key, separation);
    }

    @Override
    public PromptAnswer ask(Settings settings, String model) {
        var key = settings.apiKey().reveal();
        prompts.computeIfAbsent(key, _ -> new ArrayList<>()).add(now);
        var time = promptTime;
        duringPrompts.run();
        now = now.plus(time);
        var flickers = flicker.get();
        var answer = flickers != null ? flickers : truth(key, model);
        if (answer.counts()) {
            counted.add(now);
        }
        return answer;
    }

    @Override
    public ModelList models(Settings settings) {
        lists++;
        var said = truth(settings.apiKey().reveal(), "");
        return said instanceof PromptAnswer.KeyRefused(var words)
                ? new ModelList.Refused(words)
                : new ModelList.Offered(said.equals(GOOD) ? offered : List.of());
    }

    private final class Recorder implements RevisionListener {

        @Override
        public void promoted(Revision now, @Nullable Revision before, Promotion how) {
            events.add("promoted " + now.number() + " " + how.word());
            observer.promoted(now, before, how);
        }

        @Override
        public void renumbered(Revision now, Revision before) {
            events.add("renumbered " + now.number() + " before " + before.number());
        }

        @Override
        public void verified(Revision revision, Verdict verdict) {
            observer.verified(revision, verdict);
        }

        @Override
        public void confirmed(Revision revision, String model, PromptAnswer answer) {
            observer.confirmed(revision, model, answer);
        }

        @Override
        public void proven(Revision active) {
            events.add("proven " + active.number());
        }

        @Override
        public void entered(Stage stage, @Nullable Revision candidate) {
            events.add(stage.word() + (candidate == null ? "" : " " + candidate.number()));
            observer.entered(stage, candidate);
        }

        @Override
        public void rejected(long number, String source, RejectionReason reason, String sentence) {
            events.add("rejected " + number + " " + reason.word());
            observer.rejected(number, source, reason, sentence);
        }

        @Override
        public void raised(Alarm alarm, String sentence) {
            events.add("alarm " + alarm.word());
        }
    }
}
