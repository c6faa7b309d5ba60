package com.alltkn.gateway.laboratory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/// An HTTP/1.1 upstream on a raw socket, without any HTTP library, so that it can send whatever
/// bytes a [Script] says and record what really arrived.
///
/// A request is answered by the newest rule of [#on(Predicate, Script)] that fits, else by the next
/// script of [#answerNext(Script...)], else by the one of [#answer(Script)]. The gateway's own
/// small prompts stand apart: they are answered by [#answerPrompts(Script)], and are in
/// [#prompts()] only.
public final class ScriptedUpstream implements AutoCloseable {

    /// What is answered where a test says nothing: a small whole chat completion.
    public static final String COMPLETION =
            """
            {"id":"chatcmpl-1","object":"chat.completion","created":1700000000,\
            "model":"deepseek-chat","choices":[{"index":0,"message":{"role":"assistant",\
            "content":"hello"},"logprobs":null,"finish_reason":"stop"}],\
            "usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}}\
            """;

    /// What the gateway's small prompt asks, and no test.
    private static final String PROMPT = "Answer with the word OK.";

    private final ServerSocket listener;
    private final Future<?> accepting;
    private final @Nullable SSLContext tls;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<Long, ScriptedConnection> connections = new ConcurrentHashMap<>();
    private final AtomicLong accepted = new AtomicLong();
    private final AtomicLong receivedBytes = new AtomicLong();
    private final AtomicLong sentBytes = new AtomicLong();
    private volatile @Nullable Duration idleLimit;

    /// Guards the seven fields below.
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition recorded = lock.newCondition();
    private final List<RecordedRequest> requests = new ArrayList<>();
    private final ArrayDeque<Rule> rules = new ArrayDeque<>();
    private final ArrayDeque<Script> next = new ArrayDeque<>();
    private Script standing = Script.json(200, COMPLETION);
    private final List<RecordedRequest> prompts = new ArrayList<>();
    private final ArrayDeque<Rule> promptRules = new ArrayDeque<>();
    private Script promptAnswer = Script.json(200, COMPLETION);

    private ScriptedUpstream(@Nullable SSLContext tls) throws IOException {
        this.listener = new ServerSocket(0, 1024, InetAddress.getByName("127.0.0.1"));
        this.tls = tls;
        this.accepting = threads.submit(this::accept);
    }

    /// Starts on a free port of 127.0.0.1.
    public static ScriptedUpstream start() {
        return open(null);
    }

    /// Starts with TLS: see [TestCertificates#serverContext()].
    public static ScriptedUpstream start(SSLContext tls) {
        return open(tls);
    }

    /// The root that the gateway is given, `/api/v1` included. With TLS the host is `localhost`.
    public URI baseUrl() {
        return URI.create(
                (tls == null ? "http://127.0.0.1:" : "https://localhost:") + port() + "/api/v1");
    }

    public int port() {
        return listener.getLocalPort();
    }

    /// Answers so whenever nothing else is said.
    public void answer(Script script) {
        locked(() -> standing = script);
    }

    /// Answers the next requests so, each script once.
    public void answerNext(Script... scripts) {
        locked(() -> next.addAll(List.of(scripts)));
    }

    /// Answers requests that fit so. A script that answers before the body sees a request without
    /// one.
    public void on(Predicate<RecordedRequest> fits, Script script) {
        locked(() -> rules.push(new Rule(fits, script)));
    }

    /// Closes a connection that is idle for so long after an answer, without a word of it.
    public void closeIdleAfter(Duration limit) {
        idleLimit = limit;
    }

    /// Answers the gateway's small prompts so.
    public void answerPrompts(Script script) {
        locked(() -> promptAnswer = script);
    }

    /// Answers those of the gateway's small prompts so that fit.
    public void onPrompt(Predicate<RecordedRequest> fits, Script script) {
        locked(() -> promptRules.push(new Rule(fits, script)));
    }

    /// Forgets requests, rules and scripts; open connections stay.
    public void forget() {
        locked(() -> {
            prompts.clear();
            promptRules.clear();
            promptAnswer = Script.json(200, COMPLETION);
            requests.clear();
            rules.clear();
            next.clear();
            standing = Script.json(200, COMPLETION);
        });
    }

    /// The requests so far, in the order in which they were read.
    public List<RecordedRequest> requests() {
        lock.lock();
        try {
            return List.copyOf(requests);
        } finally {
            lock.unlock();
        }
    }

    /// The same, and forgets them.
    public List<RecordedRequest> takeRequests() {
        lock.lock();
        try {
            var taken = List.copyOf(requests);
            requests.clear();
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /// The gateway's small prompts so far, which are not among [#requests()].
    public List<RecordedRequest> prompts() {
        lock.lock();
        try {
            return List.copyOf(prompts);
        } finally {
            lock.unlock();
        }
    }

    /// Waits for the n-th request, counted from 1.
    ///
    /// @throws AssertionError where it does not come in time
    public RecordedRequest awaitRequest(int n, Duration limit) throws InterruptedException {
        long left = limit.toNanos();
        lock.lock();
        try {
            while (requests.size() < n) {
                if (left <= 0) {
                    throw new AssertionError(
                            "%d requests within %s, not %d".formatted(requests.size(), limit, n));
                }
                left = recorded.awaitNanos(left);
            }
            return requests.get(n - 1);
        } finally {
            lock.unlock();
        }
    }

    public int acceptedConnections() {
        return Math.toIntExact(accepted.get());
    }

    /// Connections that neither side has closed.
    public int openConnections() {
        return Math.toIntExact(
                connections.values().stream().filter(ScriptedConnection::isOpen).count());
    }

    /// Of these, the ones whose answer is under way.
    public int busyConnections() {
        return Math.toIntExact(
                connections.values().stream()
                        .filter(connection -> connection.isOpen() && connection.isAnswering())
                        .count());
    }

    /// When the peer closed or reset a connection, or closed its sending side; empty while it has
    /// not, and where this side was first.
    public Optional<Instant> peerClosedAt(long connectionId) {
        return connection(connectionId).peerClosedAt();
    }

    /// Whether the peer closed the connection within the time.
    public boolean awaitPeerClosed(long connectionId, Duration limit) throws InterruptedException {
        return connection(connectionId).awaitPeerClosed(limit);
    }

    /// Bytes read from all connections, inside TLS: how far an upload has come.
    public long receivedBytes() {
        return receivedBytes.get();
    }

    /// Bytes handed to all connections, inside TLS: stands still where the peer does not read.
    public long sentBytes() {
        return sentBytes.get();
    }

    /// Closes everything; from then on connections are refused.
    @Override
    public void close() {
        try {
            listener.close();
            // Until the virtual thread has left it, its socket goes on taking connections.
            accepting.get();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IllegalStateException("the listener failed", e.getCause());
        } finally {
            connections.values().forEach(ScriptedConnection::abandon);
            threads.shutdownNow();
        }
    }

    /// The script for a request whose head was read, if one wants to answer before the body.
    Optional<Script> chooseEarly(RecordedRequest head) {
        lock.lock();
        try {
            Script script = next.isEmpty() ? standing : next.peek();
            if (!script.early() && rules.stream().noneMatch(rule -> rule.script.early())) {
                // So that each rule is asked once about each request.
                return Optional.empty();
            }
            for (Rule rule : rules) {
                if (rule.fits.test(head)) {
                    return Optional.of(rule.script).filter(Script::early);
                }
            }
            if (!script.early()) {
                return Optional.empty();
            }
            next.poll();
            return Optional.of(script);
        } finally {
            lock.unlock();
        }
    }

    /// The script for a whole request.
    Script choose(RecordedRequest request) {
        lock.lock();
        try {
            boolean prompt = isPrompt(request);
            for (Rule rule : prompt ? promptRules : rules) {
                if (rule.fits.test(request)) {
                    return rule.script;
                }
            }
            if (prompt) {
                return promptAnswer;
            }
            Script script = next.poll();
            return script == null ? standing : script;
        } finally {
            lock.unlock();
        }
    }

    @Nullable Duration idleLimit() {
        return idleLimit;
    }

    void record(RecordedRequest request) {
        locked(() -> {
            (isPrompt(request) ? prompts : requests).add(request);
            recorded.signalAll();
        });
    }

    void received(int bytes) {
        receivedBytes.addAndGet(bytes);
    }

    void sent(int bytes) {
        sentBytes.addAndGet(bytes);
    }

    private static boolean isPrompt(RecordedRequest request) {
        return request.bodyText().contains(PROMPT);
    }

    private static ScriptedUpstream open(@Nullable SSLContext tls) {
        try {
            return new ScriptedUpstream(tls);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket raw = listener.accept();
                raw.setTcpNoDelay(true);
                long id = accepted.incrementAndGet();
                threads.execute(() -> serve(id, raw));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(long id, Socket raw) {
        try {
            Socket socket = raw;
            if (tls != null) {
                SSLSocket secured =
                        (SSLSocket) tls.getSocketFactory().createSocket(raw, null, true);
                secured.setUseClientMode(false);
                socket = secured;
            }
            var connection = new ScriptedConnection(id, raw, socket, this);
            connections.put(id, connection);
            threads.execute(connection::write);
            connection.read();
        } catch (IOException e) {
            // A peer that leaves before the first byte leaves nothing to record.
        }
    }

    private ScriptedConnection connection(long id) {
        ScriptedConnection connection = connections.get(id);
        if (connection == null) {
            throw new AssertionError("no connection " + id);
        }
        return connection;
    }

    private void locked(Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }

    private record Rule(Predicate<RecordedRequest> fits, Script script) {}
}
