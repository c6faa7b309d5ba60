package com.alltkn.gateway.exchange.attempt;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.exchange.answer.Relay;
import com.alltkn.gateway.exchange.request.Asked;
import com.alltkn.gateway.exchange.step.Arrival;
import com.alltkn.gateway.exchange.step.Progress;
import com.alltkn.gateway.exchange.step.Refusal;
import com.alltkn.gateway.exchange.step.Turn;
import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.rollout.Settings;
import com.alltkn.gateway.upstream.AttemptClocks;
import com.alltkn.gateway.upstream.Breaker;
import com.alltkn.gateway.upstream.ConnectionShares;
import com.alltkn.gateway.upstream.Effort;
import com.alltkn.gateway.upstream.RetryPolicy.Again;
import com.alltkn.gateway.upstream.RetryPolicy.GiveUp;
import com.alltkn.gateway.upstream.RetryPolicy.Left;
import com.alltkn.gateway.upstream.RetryPolicy.OtherModel;
import com.alltkn.gateway.upstream.RetryPolicy.OtherRevision;
import com.alltkn.gateway.upstream.UpstreamClient;
import com.alltkn.gateway.upstream.UpstreamGate;
import com.alltkn.gateway.upstream.UpstreamGate.Claim;
import com.alltkn.gateway.upstream.UpstreamRequest.Reuse;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The calls upstream that one exchange makes, one after another, until one is answered or the
/// retry policy knows no next step. Each binds one revision and one model to its last byte. Tells
/// its turn the end, once; after [#cancel()] it tells nothing. For the exchange's event loop.
public final class Attempts implements Progress, Turn.Work, BoundAttempt.Listener {

    private static final CharSequence MODEL = HttpHeaders.createOptimized("x-gateway-model");

    private final AskUpstream step;
    private final Entered entered;
    private final Turn<Attempts> turn;
    private final Arrival arrival;
    private final Asked asked;
    private final UpstreamGate.Slot slot;
    private final Set<String> modelsTried = new HashSet<>(2);

    private @Nullable String fallback;
    private @Nullable String model;
    private boolean asksAsCallerDid;
    private @Nullable Revision revision;
    private Breaker.@Nullable Pass pass;
    private @Nullable BoundAttempt bound;
    private Duration limit = Duration.ZERO;
    private Effort effort = Effort.NONE;
    private boolean moved;
    private boolean retrying;
    private long timer = -1;

    Attempts(AskUpstream step, Entered entered, Turn<Attempts> turn) {
        this.step = step;
        this.entered = entered;
        this.turn = turn;
        this.arrival = entered.arrival();
        this.asked = entered.before().before();
        this.slot = entered.slot();
    }

    void start() {
        step.retries().exchangeBegan();
        begin();
    }

    @Override
    public void cancel() {
        if (bound != null) {
            bound.cancel();
        }
        if (pass != null) {
            pass.left();
        }
        finish();
    }

    @Override
    public Entered before() {
        return entered;
    }

    @Override
    public Arrival arrival() {
        return arrival;
    }

    @Override
    public @Nullable Revision revision() {
        return revision;
    }

    /// @return the length of what was passed on of an upload, else of what was read
    @Override
    public long bytesIn() {
        return bound == null ? entered.bytesIn() : bound.uploaded().orElseGet(entered::bytesIn);
    }

    @Override
    public void charge(boolean answered) {
        var relay = relay();
        entered.before()
                .charge(
                        answered,
                        relay == null ? Optional.empty() : relay.usage(),
                        relay != null && relay.begun()
                                ? OptionalLong.of(relay.written())
                                : OptionalLong.empty());
    }

    /// @return the model that upstream was asked for last
    public @Nullable String model() {
        return model;
    }

    /// @return the answer that is being handed on, if one has begun to come
    public @Nullable Relay relay() {
        return bound == null ? null : bound.relay();
    }

    /// @return upstream's own id of the last attempt
    public Optional<String> upstreamRequestId() {
        return bound == null ? Optional.empty() : bound.upstreamRequestId();
    }

    /// @return from the request's arrival to the first byte of the last answer's body
    public Optional<Duration> timeToFirstByte() {
        return bound == null ? Optional.empty() : bound.timeToFirstByte();
    }

    /// @return how often upstream was asked
    public Effort effort() {
        return effort;
    }

    /// The first attempt chooses a revision; one that follows keeps to it.
    private void begin() {
        var client =
                revision == null
                        ? step.clients().tryAcquire()
                        : step.clients().tryAcquire(revision);
        client.ifPresentOrElse(
                this::begin, () -> fail(new GatewayError.NotReady(), "not_ready", false));
    }

    private void begin(UpstreamClient client) {
        var settings = client.revision().settings();
        revision = client.revision();
        model = fallback != null ? fallback : asked.model(settings);
        asksAsCallerDid = asked.names(model);
        if (model != null) {
            if (!asked.caller().models().allow(model)) {
                client.release();
                fail(new GatewayError.ModelNotAllowed(model), "model_not_allowed", false);
                return;
            }
        }
        if (!(step.shares().take(asked.caller().id()) instanceof ConnectionShares.Share share)) {
            client.release();
            // Nobody's failure: neither breaker nor gate nor retry policy hears of it.
            fail(new GatewayError.Overloaded(), "no_connection_free", effort.attempts() > 0);
            return;
        }
        var retry = model == null ? effort.attempts() > 0 : !modelsTried.add(model);
        bound = null;
        switch (client.breaker(model).tryPass(asked.caller().id(), retry)) {
            case Breaker.Refused(var wait) -> {
                share.giveBack();
                client.release();
                failed(new GatewayError.UpstreamUnavailable(wait), false, "breaker_open");
            }
            case Breaker.Pass passed -> {
                pass = passed;
                effort = effort.attempt();
                bound =
                        new BoundAttempt(
                                step, asked, model, client, share, reuse(), clocks(settings), this);
                bound.start();
            }
        }
    }

    /// A body that is not in memory could not be sent anew, nor may be whatever changes what is
    /// stored; with the last try nothing may be lost either.
    private Reuse reuse() {
        if (!asked.isRepeatable()) {
            return Reuse.NONE;
        }
        return mayRunTwice() && step.retries().leavesRepeat(effort) ? Reuse.ANY : Reuse.WARM;
    }

    private boolean mayRunTwice() {
        return arrival.request().method().name().equals("GET") || !asked.changesStoredObjects();
    }

    @Override
    public @Nullable Asked again() {
        switch (step.retries().repeat(claim())) {
            case FREE -> {}
            case RETRY -> {
                if (retrying) {
                    // One at a time of each exchange.
                    step.retries().retryEnded();
                }
                retrying = true;
            }
            case NONE -> {
                return null;
            }
        }
        effort = effort.attempt().retry();
        return asked;
    }

    /// With a fallback at hand half of the time is left for it.
    private AttemptClocks clocks(Settings settings) {
        var clocks = asked.clocks(step.config(), settings);
        limit = clocks.total();
        return asked.takesClocksOfStream() || nextModel().isEmpty()
                ? clocks
                : clocks.withFirstByte(timeLeft().dividedBy(2));
    }

    @Override
    public void answering(MultiMap headers) {
        turn.answering(headers);
        if (model != null && !asksAsCallerDid) {
            headers.set(MODEL, model);
        }
    }

    @Override
    public void passed() {
        if (pass != null) {
            pass.answered();
            pass = null;
            slot.answered();
            // Nothing is sent again now.
            asked.letGo();
        }
    }

    @Override
    public void answered() {
        finish();
        turn.go(this);
    }

    /// The attempt is over and was none; what follows is the retry policy's to say.
    @Override
    public void failed(GatewayError error, boolean sent, String failure) {
        endRetry();
        slot.failed(error);
        if (pass != null) {
            pass.failed(error);
            pass = null;
        }
        switch (step.retries().next(error, sent, left())) {
            case GiveUp(var spent) -> fail(error, failure, spent);
            case Again(var wait) -> {
                effort = effort.retry();
                retrying = true;
                slot.stepOut();
                timer =
                        arrival.context()
                                .owner()
                                .setTimer(
                                        Math.max(1, wait.toMillis()),
                                        _ -> {
                                            timer = -1;
                                            slot.stepIn();
                                            begin();
                                        });
            }
            case OtherRevision() -> lookForOtherRevision(error, failure);
            case OtherModel() -> {
                fallback = nextModel().orElseThrow();
                effort = effort.fallback();
                begin();
            }
        }
    }

    private Left left() {
        var relay = relay();
        var repeatable = asked.isRepeatable() && (relay == null || !relay.begun());
        return new Left(
                repeatable,
                arrival.request().method().name().equals("GET"),
                claim(),
                effort,
                !moved,
                nextModel().isPresent(),
                timeLeft());
    }

    private Claim claim() {
        return retriesByItself() ? Claim.NONE : slot.claim();
    }

    /// Whether the caller's SDK is trying again by itself, as those of OpenAI say. An upstream with
    /// too much to do is left to that: each of its tries would be three upstream.
    private boolean retriesByItself() {
        var count = arrival.request().getHeader("x-stainless-retry-count");
        return count != null && !count.equals("0");
    }

    /// @return the first fallback model that was not asked yet, if there may be one at all
    private Optional<String> nextModel() {
        return revision == null
                ? Optional.empty()
                : asked.fallback(revision.settings(), modelsTried);
    }

    private void lookForOtherRevision(GatewayError error, String failure) {
        var refused = revision;
        if (refused == null) {
            throw new IllegalStateException("no revision is bound");
        }
        moved = true;
        var _ =
                step.revisions()
                        .replacement(refused)
                        .thenAccept(
                                other -> turn.later(() -> move(refused, other, error, failure)));
    }

    private void move(
            Revision refused, Optional<Revision> other, GatewayError error, String failure) {
        other.flatMap(step.clients()::tryAcquire)
                .filter(acquired -> isOther(acquired, refused))
                .ifPresentOrElse(this::begin, () -> fail(error, failure, true));
    }

    private static boolean isOther(UpstreamClient acquired, Revision refused) {
        if (acquired.revision().sameContentAs(refused)) {
            acquired.release();
            return false;
        }
        return true;
    }

    private void fail(GatewayError error, String failure, boolean spent) {
        if (!turn.isOver()) {
            finish();
            turn.refuse(Refusal.of(error, failure, spent));
        }
    }

    private void finish() {
        slot.leave();
        if (timer >= 0) {
            arrival.context().owner().cancelTimer(timer);
        }
        endRetry();
        step.retries().exchangeEnded();
    }

    private void endRetry() {
        if (retrying) {
            retrying = false;
            step.retries().retryEnded();
        }
    }

    private Duration timeLeft() {
        return limit.minus(arrival.elapsed());
    }
}
