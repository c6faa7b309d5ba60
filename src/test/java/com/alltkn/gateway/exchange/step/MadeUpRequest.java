package com.alltkn.gateway.exchange.step;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.exchange.request.Known;
import com.alltkn.gateway.exchange.request.Matched;
import com.alltkn.gateway.openai.Endpoint;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.impl.VertxInternal;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/// A request that no network brought, on an event loop that turns when a test says so, for tests of
/// single steps.
public final class MadeUpRequest {

    private final String method;
    private final String uri;
    private final MultiMap headers = MultiMap.caseInsensitiveMultiMap();
    private final MultiMap answerHeaders = MultiMap.caseInsensitiveMultiMap();
    private final Queue<Runnable> loop = new ConcurrentLinkedQueue<>();
    private final Map<Long, Handler<Long>> timers = new HashMap<>();
    private final Arrival arrival;

    private Runnable whenAsked = () -> {};
    private long timersSet;
    private boolean resumed;
    private boolean continued;
    private boolean ended;
    private @Nullable Handler<Buffer> pieces;
    private @Nullable Handler<@Nullable Void> end;

    private MadeUpRequest(String method, String uri) {
        this.method = method;
        this.uri = uri;
        this.arrival =
                new Arrival(
                        made(ContextInternal.class, this::context),
                        made(HttpServerRequest.class, this::request),
                        "req_1",
                        Instant.EPOCH,
                        System.nanoTime());
    }

    public static MadeUpRequest of(String method, String uri) {
        return new MadeUpRequest(method, uri);
    }

    /// A chat whose body is JSON, not read yet.
    public static MadeUpRequest chat() {
        return of("POST", "/v1/chat/completions").with("content-type", "application/json");
    }

    public MadeUpRequest with(String header, String value) {
        headers.add(header, value);
        return this;
    }

    /// @param asked run once something waits for the event loop, by whoever makes it wait
    public MadeUpRequest whenAsked(Runnable asked) {
        whenAsked = asked;
        return this;
    }

    public Arrival arrival() {
        return arrival;
    }

    public Known from(Caller caller) {
        return new Known(arrival, caller, false);
    }

    public Matched matched(Caller caller, Endpoint endpoint) {
        return new Matched(from(caller), endpoint, uri);
    }

    /// Brings a piece of its body.
    public void bring(String piece) {
        if (pieces != null) {
            pieces.handle(Buffer.buffer(piece));
        }
    }

    /// Ends its body.
    public void end() {
        ended = true;
        if (end != null) {
            end.handle(null);
        }
    }

    /// Runs what waits for the event loop.
    public void turn() {
        for (var next = loop.poll(); next != null; next = loop.poll()) {
            next.run();
        }
    }

    /// Lets every timer go off that is set.
    public void letTimersGoOff() {
        var set = Map.copyOf(timers);
        timers.clear();
        set.forEach((id, handler) -> handler.handle(id));
    }

    public int timers() {
        return timers.size();
    }

    public boolean isRead() {
        return resumed;
    }

    public boolean isContinued() {
        return continued;
    }

    private @Nullable Object request(String name, @Nullable Object[] arguments) {
        return switch (name) {
            case "method" -> HttpMethod.valueOf(method);
            case "uri", "path" -> uri;
            case "version" -> HttpVersion.HTTP_1_1;
            case "headers" -> headers;
            case "getHeader" -> headers.get(String.valueOf(arguments[0]));
            case "response" -> made(HttpServerResponse.class, this::response);
            case "isEnded" -> ended;
            case "handler" -> {
                pieces = handler(arguments[0]);
                yield null;
            }
            case "endHandler" -> {
                end = handler(arguments[0]);
                yield null;
            }
            case "resume" -> {
                resumed = true;
                yield null;
            }
            case "pause" -> null;
            default -> throw new AssertionError(name);
        };
    }

    private @Nullable Object response(String name, @Nullable Object[] arguments) {
        return switch (name) {
            case "writeContinue" -> {
                continued = true;
                yield null;
            }
            case "headers" -> answerHeaders;
            case "headWritten" -> false;
            default -> throw new AssertionError(name);
        };
    }

    private @Nullable Object context(String name, @Nullable Object[] arguments) {
        return switch (name) {
            case "runOnContext" -> {
                Handler<@Nullable Void> task = handler(arguments[0]);
                loop.add(() -> task.handle(null));
                whenAsked.run();
                yield null;
            }
            case "owner" -> made(VertxInternal.class, this::vertx);
            default -> throw new AssertionError(name);
        };
    }

    private Object vertx(String name, @Nullable Object[] arguments) {
        return switch (name) {
            case "setTimer" -> {
                timers.put(++timersSet, handler(arguments[1]));
                yield timersSet;
            }
            case "cancelTimer" -> timers.remove((Long) arguments[0]) != null;
            default -> throw new AssertionError(name);
        };
    }

    @SuppressWarnings("unchecked")
    private static <T extends @Nullable Object> Handler<T> handler(@Nullable Object argument) {
        return (Handler<T>) Objects.requireNonNull(argument);
    }

    private static <T> T made(Class<T> type, Calls calls) {
        InvocationHandler all = (_, called, arguments) -> calls.answer(called.getName(), arguments);
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, all));
    }

    private interface Calls {
        @Nullable Object answer(String name, @Nullable Object[] arguments);
    }
}
