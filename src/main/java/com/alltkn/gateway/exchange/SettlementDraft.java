package com.alltkn.gateway.exchange;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.exchange.Settlement.Ending;
import com.alltkn.gateway.openai.Endpoint;
import com.alltkn.gateway.openai.JsonRequest;
import com.alltkn.gateway.openai.Usage;
import com.alltkn.gateway.quota.Demand;
import com.alltkn.gateway.quota.Reservation;
import com.alltkn.gateway.quota.Standing;
import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.upstream.Effort;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// The settlement of an exchange that is still open: what is known for it so far, and what was set
/// aside of the caller's limits. Settled once, however little is known by then.
final class SettlementDraft {

    /// The status in the record of a caller who left before there was one.
    private static final int CALLER_GONE = 499;

    private final Arrival arrival;

    private @Nullable Caller caller;
    private @Nullable Endpoint endpoint;
    private @Nullable String modelAsked;
    private boolean streamed;
    private Demand demand = Demand.NOTHING;
    private @Nullable Reservation reservation;
    private @Nullable Standing standing;
    private int bytesWritten;

    SettlementDraft(Arrival arrival) {
        this.arrival = arrival;
    }

    void identified(Caller known) {
        caller = known;
    }

    void matched(Endpoint found) {
        endpoint = found;
    }

    void understood(JsonRequest read) {
        modelAsked = read.model();
        streamed = read.stream();
    }

    void named(String model) {
        modelAsked = model;
    }

    /// @param taken what has to be settled or released at the end
    /// @param demanded what it was taken for
    void reserved(Reservation taken, Demand demanded) {
        reservation = taken;
        demand = demanded;
        standing = taken.standing();
    }

    void stands(Standing now) {
        standing = now;
    }

    /// @param length of a body of the gateway's own, in bytes
    void wrote(int length) {
        bytesWritten = length;
    }

    @Nullable Caller caller() {
        return caller;
    }

    /// @return the caller's standing when it was admitted, refused or told
    @Nullable Standing standing() {
        return standing;
    }

    /// Charges the caller, and states what became of the exchange.
    ///
    /// @param error the class of the error that the caller was told
    /// @param failure the reason behind it
    /// @param attempts the calls upstream, if there were any
    /// @param bytesRead the length of the body that was read, unless it was passed on
    Settlement settle(
            Ending ending,
            Optional<String> error,
            Optional<String> failure,
            @Nullable Attempts attempts,
            long bytesRead) {
        var relay = attempts == null ? null : attempts.relay();
        charge(ending, relay);
        var request = arrival.request();
        var response = request.response();
        var asked = Optional.ofNullable(attempts);
        var handedOn = Optional.ofNullable(relay);
        var revision = asked.map(Attempts::revision);
        return new Settlement(
                arrival.at(),
                arrival.requestId(),
                Optional.ofNullable(caller).map(Caller::id),
                endpoint == null ? "unknown" : endpoint.label(),
                endpoint == null ? "unknown" : endpoint.type(),
                streamed,
                Optional.ofNullable(modelAsked),
                asked.map(Attempts::model),
                response.headWritten() ? response.getStatusCode() : CALLER_GONE,
                ending,
                error,
                failure,
                arrival.elapsed(),
                asked.flatMap(Attempts::timeToFirstByte),
                asked.map(Attempts::effort).orElse(Effort.NONE),
                handedOn.flatMap(Relay::usage),
                standing != null && standing.ownShare(),
                revision.map(bound -> OptionalLong.of(bound.number())).orElse(OptionalLong.empty()),
                revision.map(Revision::contentId),
                revision.map(bound -> bound.settings().keyId()),
                asked.flatMap(Attempts::upstreamRequestId),
                asked.map(Attempts::uploaded).orElse(OptionalLong.empty()).orElse(bytesRead),
                handedOn.filter(Relay::begun).map(Relay::written).orElse((long) bytesWritten),
                Optional.ofNullable(request.getHeader("traceparent")));
    }

    /// What was used is charged, and where nobody says how much, what was set aside for it; of an
    /// answer that broke off, what had come of it.
    private void charge(Ending ending, @Nullable Relay relay) {
        if (reservation == null) {
            return;
        }
        var usage = relay == null ? Optional.<Usage>empty() : relay.usage();
        if (usage.isPresent()) {
            reservation.settle(usage.get().inputTokens() + usage.get().outputTokens());
        } else if (ending == Ending.ANSWERED) {
            reservation.settleUnknown();
        } else if (relay != null && relay.begun()) {
            reservation.settle(demand.brokenOffAfter(relay.written()));
        } else {
            reservation.release();
        }
    }
}
