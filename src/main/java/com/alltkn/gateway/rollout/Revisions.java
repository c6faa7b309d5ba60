package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.Parsing.Parsed;
import com.alltkn.gateway.rollout.Parsing.Rejected;
import com.alltkn.gateway.rollout.Reading.Found;
import com.alltkn.gateway.rollout.Reading.Unavailable;
import com.alltkn.gateway.rollout.Reading.Unchanged;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// The one owner of the rollout's state: takes what the source was read to, and says which revision
/// carries requests. Nothing a source does takes a revision away; only a better one replaces it.
///
/// [#activeOrNull()] and [#active()] may be called by any thread at any time. Readings are taken
/// one at a time: [#take(String, Reading)] is called by the loop's thread only.
public final class Revisions {

    private static final Logger LOG = Logger.getLogger(Revisions.class);

    private final SettingsParser parser;
    private final List<RevisionListener> listeners;
    private final AtomicReference<Rollout> rollout = new AtomicReference<>(new Rollout.Starting());

    // These two belong to the loop's thread.
    private final RejectedContents rejectedContents = new RejectedContents();
    private @Nullable SourceFailure failure;

    /// @param parser decides what is acceptable
    /// @param listeners told in this order
    public Revisions(SettingsParser parser, List<RevisionListener> listeners) {
        this.parser = parser;
        this.listeners = List.copyOf(listeners);
    }

    /// For the data path: one volatile read, nothing allocated. Whoever begins an attempt takes it
    /// once and keeps to it until the attempt's last byte.
    ///
    /// @return the revision that carries requests, or null while there is none yet
    public @Nullable Revision activeOrNull() {
        return rollout.get().activeOrNull();
    }

    /// @return the revision that carries requests, or empty while there is none yet
    public Optional<Revision> active() {
        return Optional.ofNullable(activeOrNull());
    }

    /// Takes what one read of the source came to.
    ///
    /// @param source the name of the source
    /// @param reading what was found
    public void take(String source, Reading reading) {
        switch (reading) {
            case Found found -> {
                available(source);
                consider(source, found);
            }
            case Unchanged() -> available(source);
            case Unavailable(var reason, var detail) -> unavailable(source, reason, detail);
        }
    }

    /// Makes a revision the active one. A revision with the active one's content only gives it its
    /// number.
    ///
    /// @param next fit to carry requests
    public void adopt(Revision next) {
        var state = rollout.get();
        var before = state.activeOrNull();
        rollout.set(
                switch (state) {
                    case Rollout.Starting starting -> starting.adopt(next);
                    case Rollout.Settled settled -> settled.adopt(next);
                });
        if (before == null || !next.sameContentAs(before)) {
            LOG.infof(
                    "revision promoted number=%d source=%s keyId=%s baseUrl=%s model=%s"
                            + " timeout=%s origins=%s",
                    next.number(),
                    next.source(),
                    next.keyId(),
                    next.settings().baseUrl(),
                    next.settings().defaultModel(),
                    next.settings().requestTimeout(),
                    next.settings().origins());
            tell(listener -> listener.promoted(next, before));
        } else if (next.number() != before.number()) {
            LOG.infof(
                    "revision renumbered number=%d before=%d source=%s keyId=%s",
                    next.number(), before.number(), next.source(), next.keyId());
            tell(listener -> listener.renumbered(next, before));
        }
    }

    private void consider(String source, Found found) {
        var digest = RejectedContents.digest(found.fields());
        switch (parser.parse(source, found.fields())) {
            case Parsed(var settings) -> {
                rejectedContents.forget(digest);
                adopt(new Revision(found.number(), settings, source));
            }
            case Rejected(var reason, var sentence) -> {
                if (rejectedContents.add(digest)) {
                    LOG.errorf(
                            "revision rejected number=%d source=%s reason=%s detail=\"%s\""
                                    + " active=%s",
                            found.number(), source, reason.word(), sentence, activeNumber());
                    tell(l -> l.rejected(found.number(), source, reason, sentence));
                }
            }
        }
    }

    private void available(String source) {
        if (failure != null) {
            LOG.infof("source available source=%s after=%s", source, failure.word());
            failure = null;
        }
        tell(RevisionListener::sourceAvailable);
    }

    private void unavailable(String source, SourceFailure reason, String detail) {
        // Once per cause: the meter shows that it lasts.
        if (reason != failure) {
            LOG.logf(
                    reason.needsSomebody() ? Logger.Level.ERROR : Logger.Level.WARN,
                    "source unavailable source=%s reason=%s detail=\"%s\" active=%s",
                    source,
                    reason.word(),
                    detail,
                    activeNumber());
            failure = reason;
        }
        tell(listener -> listener.sourceUnavailable(reason, detail));
    }

    private String activeNumber() {
        var active = activeOrNull();
        return active == null ? "none" : Long.toString(active.number());
    }

    private void tell(Consumer<RevisionListener> event) {
        for (var listener : listeners) {
            try {
                event.accept(listener);
            } catch (RuntimeException e) {
                LOG.errorf(
                        e, "revision listener failed listener=%s", listener.getClass().getName());
            }
        }
    }
}
