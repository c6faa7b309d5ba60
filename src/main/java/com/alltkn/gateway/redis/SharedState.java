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
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
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
    private volatile boolean up;
    private volatile int pods;
    private long timer;
    private boolean beating;

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

    /// Stops beating, and takes this pod off the list.
    ///
    /// @return completes when that is done or cannot be
    public Future<?> stop() {
        vertx.cancelTimer(timer);
        return beat(true).inTime().otherwiseEmpty();
    }

    /// @return this process' name among its fellows; another after each start
    public String pod() {
        return pod;
    }

    /// @return whether Redis answers, as far as is known
    public boolean isUp() {
        return up;
    }

    /// @return how many pods share what is shared, at least 1, as last heard
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

    /// Sets a value for everybody; where it cannot be set, nobody gets to know it.
    ///
    /// @param key its key
    /// @param value what it is
    /// @param life how long it stands
    public void set(String key, String value, Duration life) {
        if (up) {
            redis.send(Request.cmd(Command.SET).arg(key).arg(value).arg("PX").arg(life.toMillis()))
                    .onFailure(this::failed);
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
        if (beating) {
            return;
        }
        beating = true;
        beat(false)
                .inTime()
                .onComplete(result -> {
                    beating = false;
                    if (result.succeeded()) {
                        beaten(result.result());
                    }
                });
    }

    private Answer<Integer> beat(boolean last) {
        return send(
                Script.FLEET,
                List.of(key("fleet", "pods")),
                List.of(pod, Long.toString(BELIEVED.toMillis()), last ? "1" : "0"),
                reply -> Math.max(1, Math.toIntExact(reply.number(0))));
    }

    private void beaten(int counted) {
        pods = counted;
        if (!up) {
            up = true;
            LOG.infof("shared state up pods=%d", counted);
        }
        afterBeat.forEach(Runnable::run);
    }

    private void failed(Throwable failure) {
        failures.increment();
        if (failuresInARow.incrementAndGet() == FAILURES_IN_A_ROW) {
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
}
