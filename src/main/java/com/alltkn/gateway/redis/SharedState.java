package com.alltkn.gateway.redis;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.impl.NoStackTraceThrowable;
import io.vertx.core.impl.VertxInternal;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.impl.types.ErrorType;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Runs scripts in Redis, each within a deadline. After a few failures in a row nobody waits for
/// Redis any more: a beat once a second tries alone, and counts the pods while it does.
///
/// Keys are named `alltkn-gateway:<environment>:{<tag>}:<name>`; those with the same tag live on
/// the same node of a cluster.
public final class SharedState {

    private static final Logger LOG = Logger.getLogger(SharedState.class);

    private static final Duration BEAT = Duration.ofSeconds(1);

    /// Ten missed beats: a pod that is gone has no share of the limits any more.
    private static final Duration BELIEVED = Duration.ofSeconds(10);

    private static final Duration MOMENT = Duration.ofMillis(5);

    private static final long NEVER_DOWN = Long.MIN_VALUE;

    /// One slow answer is no outage.
    private static final int FAILURES_IN_A_ROW = 3;

    private static final NoStackTraceThrowable TOO_LATE =
            new NoStackTraceThrowable("no answer within the deadline");
    private static final NoStackTraceThrowable DOWN =
            new NoStackTraceThrowable("nobody waits for an answer at present");

    private final VertxInternal vertx;
    private final Redis redis;
    private final String prefix;
    private final RedisConfig config;
    private final String pod;
    private final List<Runnable> afterBeat = new CopyOnWriteArrayList<>();
    private final AtomicInteger failuresInARow = new AtomicInteger();
    private final LongAdder failures = new LongAdder();
    private final List<Supplier<Future<?>>> beforeStop = new CopyOnWriteArrayList<>();
    private volatile boolean up;
    private volatile long upSince = NEVER_DOWN;
    private volatile int pods;
    private volatile String run = "";
    private volatile long replacedAt;
    private volatile boolean replaced;
    private Future<?> beat = Future.succeededFuture();
    private long podsHeardAt = System.nanoTime();
    private boolean wasUp;
    private long timer;

    /// @param vertx runs the beat
    /// @param redis where what is shared lives
    /// @param environment part of every key, so that environments may share a Redis
    /// @param config how long to wait
    public SharedState(Vertx vertx, Redis redis, String environment, RedisConfig config) {
        this.vertx = (VertxInternal) vertx;
        this.redis = redis;
        this.prefix = "alltkn-gateway:" + environment + ":";
        this.config = config;
        this.pod = Long.toHexString(ThreadLocalRandom.current().nextLong());
        this.pods = config.assumedPods();
    }

    /// Begins to beat. Until the first beat was answered, Redis is taken for down.
    public void start() {
        timer = vertx.setPeriodic(1, BEAT.toMillis(), _ -> beat());
    }

    /// Stops beating, tells what is to be told still, and takes this pod off the list.
    ///
    /// @return completes when that is done or cannot be
    public Future<?> stop() {
        vertx.cancelTimer(timer);
        var told = beforeStop.stream().map(Supplier::get).toList();
        return Future.join(List.of(beat.otherwiseEmpty(), Future.join(told).otherwiseEmpty()))
                .compose(_ -> beat(true).atLast())
                .otherwiseEmpty();
    }

    /// Adds something to wait for when the process ends.
    ///
    /// @param task done when nothing is to be told any more
    public void beforeStop(Supplier<Future<?>> task) {
        beforeStop.add(task);
    }

    /// @return this process' name among its fellows; another after each start
    public String pod() {
        return pod;
    }

    /// @return whether Redis answers, as far as is known
    public boolean isUp() {
        return up;
    }

    /// @return for how long it has answered after an outage; very long if there was none
    public Duration upFor() {
        var since = upSince;
        return since == NEVER_DOWN
                ? ChronoUnit.FOREVER.getDuration()
                : Duration.ofNanos(System.nanoTime() - since);
    }

    /// @return how long ago another server came in the place of the one that was known, which may
    ///   not have all that was told to that one; empty if none ever did
    public Optional<Duration> replaced() {
        return replaced
                ? Optional.of(Duration.ofNanos(System.nanoTime() - replacedAt))
                : Optional.empty();
    }

    /// @return how many pods share what is shared, at least 1: the most that were heard of within
    ///   the last ten seconds, for a Redis that comes back empty has to hear of each anew
    public int pods() {
        return pods;
    }

    /// @return how often Redis failed to answer in time since the start
    public long failures() {
        return failures.sum();
    }

    /// Adds something to do after each beat that was answered.
    ///
    /// @param task must not block
    public void afterBeat(Runnable task) {
        afterBeat.add(task);
    }

    /// @return done after a few milliseconds
    public Future<?> moment() {
        return vertx.timer(MOMENT.toMillis(), TimeUnit.MILLISECONDS);
    }

    /// Names a key.
    ///
    /// @param tag whose keys are kept together
    /// @param name the key's own name
    public String key(String tag, String name) {
        return prefix + "{" + tag + "}:" + name;
    }

    /// Runs a script, unless Redis is down.
    ///
    /// @param script what to run
    /// @param keys its keys, all of one tag
    /// @param arguments its other arguments
    /// @param reading makes of the reply what the caller needs, and fails if it cannot
    public <T> Answer<T> run(
            Script script, List<String> keys, List<String> arguments, Function<Reply, T> reading) {
        return up
                ? send(script, keys, arguments, reading)
                : new Answer<>(Future.failedFuture(DOWN), Future.failedFuture(DOWN));
    }

    /// Tells a script something that nobody waits for: however long it takes, it is no failure of
    /// Redis'.
    ///
    /// @param script what to run
    /// @param keys its keys, all of one tag
    /// @param arguments its other arguments
    /// @param reading makes of the reply what the caller needs, and fails if it cannot
    /// @return its reply; fails where nobody will ever know whether it ran, so that it may have
    public <T> Future<T> tell(
            Script script, List<String> keys, List<String> arguments, Function<Reply, T> reading) {
        return up
                ? evaluate(script, keys, arguments)
                        .map(response -> reading.apply(new Reply(response)))
                : Future.failedFuture(DOWN);
    }

    /// Sets a value for everybody; where it cannot be set, nobody gets to know it.
    ///
    /// @param key its key
    /// @param value what it is
    /// @param life how long it stands
    public void set(String key, String value, Duration life) {
        if (up) {
            redis.send(Request.cmd(Command.SET).arg(key).arg(value).arg("PX").arg(life.toMillis()))
                    .onFailure(_ -> failures.increment());
        }
    }

    private <T> Answer<T> send(
            Script script, List<String> keys, List<String> arguments, Function<Reply, T> reading) {
        var context = vertx.getOrCreateContext();
        var inTime = context.<T>promise();
        var deadline =
                vertx.setTimer(
                        Math.max(1, config.deadline().toMillis()),
                        _ -> {
                            if (inTime.tryFail(TOO_LATE)) {
                                failed(TOO_LATE);
                            }
                        });
        var atLast =
                evaluate(script, keys, arguments)
                        .map(response -> reading.apply(new Reply(response)));
        atLast.onComplete(result -> {
            vertx.cancelTimer(deadline);
            if (result.failed()) {
                if (inTime.tryFail(result.cause())) {
                    failed(result.cause());
                }
            } else if (inTime.tryComplete(result.result())) {
                failuresInARow.set(0);
            }
        });
        return new Answer<>(inTime.future(), atLast);
    }

    private Future<@Nullable Response> evaluate(
            Script script, List<String> keys, List<String> arguments) {
        return redis.send(request(Command.EVALSHA, script.digest(), keys, arguments))
                .recover(failure ->
                        isUnknownScript(failure)
                                ? redis.send(request(Command.EVAL, script.text(), keys, arguments))
                                : Future.failedFuture(failure));
    }

    private static Request request(
            Command command, String script, List<String> keys, List<String> arguments) {
        var request = Request.cmd(command).arg(script).arg(keys.size());
        keys.forEach(request::arg);
        arguments.forEach(request::arg);
        return request;
    }

    private static boolean isUnknownScript(Throwable failure) {
        return failure instanceof ErrorType error && error.is("NOSCRIPT");
    }

    private void beat() {
        if (beat.isComplete()) {
            beat = beat(false).inTime().onSuccess(this::beaten);
        }
    }

    private Answer<Beat> beat(boolean last) {
        return send(
                Script.FLEET,
                List.of(key("fleet", "pods")),
                List.of(pod, Long.toString(BELIEVED.toMillis()), last ? "1" : "0"),
                reply -> new Beat(Math.toIntExact(reply.number(0)), reply.text(1)));
    }

    private void beaten(Beat heard) {
        var now = System.nanoTime();
        if (heard.pods >= pods || now - podsHeardAt > BELIEVED.toNanos()) {
            pods = Math.max(1, heard.pods);
            podsHeardAt = now;
        }
        if (!run.isEmpty() && !run.equals(heard.run)) {
            replacedAt = now;
            replaced = true;
        }
        run = heard.run;
        failuresInARow.set(0);
        if (!up) {
            upSince = wasUp ? now : NEVER_DOWN;
            wasUp = true;
            up = true;
            LOG.infof("shared state up pods=%d", heard.pods);
        }
        afterBeat.forEach(Runnable::run);
    }

    private void failed(Throwable failure) {
        failures.increment();
        var inARow = failuresInARow.incrementAndGet();
        if (inARow == FAILURES_IN_A_ROW || (inARow > FAILURES_IN_A_ROW && up)) {
            up = false;
            LOG.warnf("shared state down failure=%s", word(failure));
        }
    }

    /// What Redis says of an error begins with a word for programs; what comes after it may be
    /// anything.
    private static String word(Throwable failure) {
        var message = failure.getMessage();
        if (failure == TOO_LATE) {
            return "timeout";
        }
        return failure instanceof ErrorType && message != null
                ? message.split(" ", 2)[0]
                : failure.getClass().getSimpleName();
    }

    /// What a beat heard.
    ///
    /// @param pods how many there are
    /// @param run the name of Redis' run; empty if it may not be asked for
    private record Beat(int pods, String run) {}
}
