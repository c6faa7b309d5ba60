package com.alltkn.gateway.redis;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;

/// The pods that share what is in Redis. Each tells of itself in a beat, once a second, and hears
/// how many there are and which server answers; while Redis is down the beat alone tries it.
public final class Fleet {

    private static final Logger LOG = Logger.getLogger(Fleet.class);

    private static final Duration BEAT = Duration.ofSeconds(1);

    /// Ten missed beats: a pod that is gone has no share of the limits any more.
    static final Duration BELIEVED = Duration.ofSeconds(10);

    private static final Duration MOMENT = Duration.ofMillis(5);

    private final Vertx vertx;
    private final Scripts scripts;
    private final String pod = Long.toHexString(ThreadLocalRandom.current().nextLong());
    private final FleetSize size;
    private final List<Runnable> afterBeat = new CopyOnWriteArrayList<>();
    private final List<BooleanSupplier> beforeStop = new CopyOnWriteArrayList<>();
    private volatile Optional<Long> replacedAt = Optional.empty();
    private Future<Heard> beat = Future.succeededFuture();
    private String run = "";
    private long timer;

    /// @param vertx runs the beat
    /// @param scripts that Redis runs
    /// @param assumedPods how many there are until Redis has told
    Fleet(Vertx vertx, Scripts scripts, int assumedPods) {
        this.vertx = vertx;
        this.scripts = scripts;
        this.size = new FleetSize(assumedPods, System.nanoTime());
    }

    /// @return this process' name among its fellows; another after each start
    public String pod() {
        return pod;
    }

    /// @return how many pods share what is shared, at least 1
    public int pods() {
        return size.pods();
    }

    /// @return how long ago another server came in the place of the one that was known, which may
    ///   not have all that was told to that one; empty if none ever did
    public Optional<Duration> replaced() {
        return replacedAt.map(at -> Duration.ofNanos(System.nanoTime() - at));
    }

    /// Adds something to do after each beat that was answered.
    ///
    /// @param task must not block
    public void afterBeat(Runnable task) {
        afterBeat.add(task);
    }

    /// Adds something to wait for when the process ends.
    ///
    /// @param task asked every few milliseconds until it is true: there is nothing to tell any more
    public void beforeStop(BooleanSupplier task) {
        beforeStop.add(task);
    }

    /// Begins to beat. Until the first beat was answered, Redis is taken for down.
    void start() {
        timer = vertx.setPeriodic(1, BEAT.toMillis(), _ -> beat());
    }

    /// Stops beating, tells what is to be told still, and takes this pod off the list.
    ///
    /// @return completes when that is done or cannot be
    Future<?> stop() {
        vertx.cancelTimer(timer);
        return beat.otherwiseEmpty()
                .compose(_ -> allTold())
                .compose(_ -> scripts.attempt(call(true)).atLast())
                .otherwiseEmpty();
    }

    private Future<?> allTold() {
        return beforeStop.stream().allMatch(BooleanSupplier::getAsBoolean)
                ? Future.succeededFuture()
                : vertx.timer(MOMENT.toMillis(), TimeUnit.MILLISECONDS).compose(_ -> allTold());
    }

    private void beat() {
        if (beat.isComplete()) {
            beat = scripts.attempt(call(false)).inTime().onSuccess(this::beaten);
        }
    }

    private ScriptCall<Heard> call(boolean last) {
        return new ScriptCall<>(
                Script.FLEET,
                List.of(scripts.key("fleet", "pods")),
                List.of(pod, Long.toString(BELIEVED.toMillis()), last ? "1" : "0"),
                reply -> new Heard(Math.toIntExact(reply.number(0)), reply.text(1)));
    }

    private void beaten(Heard heard) {
        var now = System.nanoTime();
        if (!run.isEmpty() && !run.equals(heard.run)) {
            replacedAt = Optional.of(now);
        }
        run = heard.run;
        size.hear(heard.pods, !scripts.isUp(), now);
        if (scripts.tryRaise()) {
            LOG.infof("shared state up pods=%d", heard.pods);
        }
        afterBeat.forEach(Runnable::run);
    }

    /// What a beat heard.
    ///
    /// @param pods how many there are
    /// @param run the name of Redis' run; empty if it may not be asked for
    private record Heard(int pods, String run) {}
}
