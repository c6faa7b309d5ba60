package com.alltkn.gateway.redis;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.impl.NoStackTraceThrowable;
import io.vertx.core.impl.VertxInternal;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.impl.types.ErrorType;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jboss.logging.Logger;

/// Runs scripts in Redis, each within a deadline. After a few failures in a row Redis is down: then
/// nobody waits for it any more but the beat of [Fleet], until that is answered.
///
/// Keys are named `alltkn-gateway:<environment>:{<tag>}:<name>`; those with the same tag live on
/// the same node of a cluster.
public final class Scripts {

    private static final Logger LOG = Logger.getLogger(Scripts.class);

    /// One slow answer is no outage.
    private static final int FAILURES_IN_A_ROW = 3;

    /// What was never down counts as up for so long.
    private static final long NO_OUTAGE = Duration.ofDays(1).toNanos();

    private static final NoStackTraceThrowable TOO_LATE =
            new NoStackTraceThrowable("no answer within the deadline");
    private static final NoStackTraceThrowable DOWN =
            new NoStackTraceThrowable("nobody waits for an answer at present");

    private final VertxInternal vertx;
    private final Redis redis;
    private final String prefix;
    private final long deadline;
    private final AtomicInteger failuresInARow = new AtomicInteger();
    private final LongAdder failures = new LongAdder();
    private volatile Link link = new Down(false);

    /// @param vertx keeps the deadlines
    /// @param redis where scripts run
    /// @param environment part of every key, so that environments may share a Redis
    /// @param deadline how long to wait for an answer
    Scripts(Vertx vertx, Redis redis, String environment, Duration deadline) {
        this.vertx = (VertxInternal) vertx;
        this.redis = redis;
        this.prefix = "alltkn-gateway:" + environment + ":";
        this.deadline = Math.max(1, deadline.toMillis());
    }

    /// @return whether Redis answers, as far as is known
    public boolean isUp() {
        return link instanceof Up;
    }

    /// @return for how long it has answered after an outage, a day or more if there was none; empty
    ///   while it does not
    public Optional<Duration> upFor() {
        return link instanceof Up(long since)
                ? Optional.of(Duration.ofNanos(System.nanoTime() - since))
                : Optional.empty();
    }

    /// @return how often Redis failed to answer in time since the start
    public long failures() {
        return failures.sum();
    }

    /// Names a key.
    ///
    /// @param tag whose keys are kept together
    /// @param name the key's own name
    public String key(String tag, String name) {
        return prefix + "{" + tag + "}:" + name;
    }

    /// Runs a script, unless Redis is down.
    public <T> Answer<T> run(ScriptCall<T> call) {
        return isUp()
                ? attempt(call)
                : new Answer<>(Future.failedFuture(DOWN), Future.failedFuture(DOWN));
    }

    /// Tells a script something that nobody waits for: however long it takes, it is no failure of
    /// Redis'.
    ///
    /// @return its reply; fails where nobody will ever know whether it ran, so that it may have
    public <T> Future<T> tell(ScriptCall<T> call) {
        return isUp() ? evaluate(call) : Future.failedFuture(DOWN);
    }

    /// Sets a value for everybody; where it cannot be set, nobody gets to know it.
    ///
    /// @param key its key
    /// @param value what it is
    /// @param life how long it stands
    public void set(String key, String value, Duration life) {
        if (isUp()) {
            redis.send(Request.cmd(Command.SET).arg(key).arg(value).arg("PX").arg(life.toMillis()))
                    .onFailure(_ -> failures.increment());
        }
    }

    /// Runs a script even if Redis is down.
    <T> Answer<T> attempt(ScriptCall<T> call) {
        var inTime = vertx.getOrCreateContext().<T>promise();
        var timer =
                vertx.setTimer(
                        deadline,
                        _ -> {
                            if (inTime.tryFail(TOO_LATE)) {
                                failed(TOO_LATE);
                            }
                        });
        var atLast = evaluate(call);
        atLast.onComplete(result -> {
            vertx.cancelTimer(timer);
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

    /// Everybody may wait for Redis again.
    ///
    /// @return whether it was down
    boolean tryRaise() {
        failuresInARow.set(0);
        if (link instanceof Down(boolean again)) {
            link = new Up(System.nanoTime() - (again ? 0 : NO_OUTAGE));
            return true;
        }
        return false;
    }

    private <T> Future<T> evaluate(ScriptCall<T> call) {
        return redis.send(request(Command.EVALSHA, call.script().digest(), call))
                .recover(failure ->
                        isUnknownScript(failure)
                                ? redis.send(request(Command.EVAL, call.script().text(), call))
                                : Future.failedFuture(failure))
                .map(response -> call.reading().apply(new Reply(response)));
    }

    private static Request request(Command command, String script, ScriptCall<?> call) {
        var request = Request.cmd(command).arg(script).arg(call.keys().size());
        call.keys().forEach(request::arg);
        call.arguments().forEach(request::arg);
        return request;
    }

    private static boolean isUnknownScript(Throwable failure) {
        return failure instanceof ErrorType error && error.is("NOSCRIPT");
    }

    private void failed(Throwable failure) {
        failures.increment();
        var inARow = failuresInARow.incrementAndGet();
        if (inARow == FAILURES_IN_A_ROW || (inARow > FAILURES_IN_A_ROW && isUp())) {
            link = new Down(link instanceof Up || link.equals(new Down(true)));
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

    private sealed interface Link {}

    /// @param since a time of [System#nanoTime()]
    private record Up(long since) implements Link {}

    /// @param again whether it was ever up
    private record Down(boolean again) implements Link {}
}
