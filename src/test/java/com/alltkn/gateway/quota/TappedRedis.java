package com.alltkn.gateway.quota;

import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.impl.types.ErrorType;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A client of Redis with something done to each command before it is sent.
///
/// @param redis the client
/// @param sending sends a command
record TappedRedis(Redis redis, Function<Request, Future<@Nullable Response>> sending)
        implements Redis {

    /// The key of how many seconds the clock of [#withSetClock(Redis)] is ahead.
    static final String AHEAD = "ahead";

    private static final String TIME = "redis.call('TIME')";
    private static final String SET_TIME =
            "(function() local t = redis.call('TIME') return {t[1] + (redis.call('GET', '"
                    + AHEAD
                    + "') or 0), t[2]} end)()";

    /// Counts the commands that wait for an answer.
    ///
    /// @param most becomes the most that ever did at once
    static Redis counting(Redis redis, AtomicInteger most) {
        var waiting = new AtomicInteger();
        return new TappedRedis(
                redis,
                request -> {
                    most.accumulateAndGet(waiting.incrementAndGet(), Math::max);
                    return redis.send(request).onComplete(_ -> waiting.decrementAndGet());
                });
    }

    /// Lets scripts run by a clock that a test sets; keys expire by the real one.
    static Redis withSetClock(Redis redis) {
        return new TappedRedis(
                redis,
                request -> {
                    if (request.command().equals(Command.EVALSHA)) {
                        // So that the text comes.
                        return Future.failedFuture(ErrorType.create("NOSCRIPT it has another"));
                    }
                    // Lengths and words of the protocol, by turns.
                    var lines = request.toString().split("\r\n", -1);
                    var same = Request.cmd(request.command());
                    for (int i = 4; i < lines.length; i += 2) {
                        same.arg(lines[i].replace(TIME, SET_TIME));
                    }
                    return redis.send(same);
                });
    }

    @Override
    public Future<RedisConnection> connect() {
        return redis.connect();
    }

    @Override
    public void close() {
        redis.close();
    }

    @Override
    public Future<@Nullable Response> send(Request request) {
        return sending.apply(request);
    }

    @Override
    public Future<List<@Nullable Response>> batch(List<Request> requests) {
        throw new UnsupportedOperationException("nobody sends several at once");
    }
}
