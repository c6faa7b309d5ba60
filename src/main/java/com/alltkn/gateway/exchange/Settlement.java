package com.alltkn.gateway.exchange;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.error.ErrorShape;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.exchange.answer.Relay;
import com.alltkn.gateway.exchange.attempt.Attempts;
import com.alltkn.gateway.exchange.step.Progress;
import com.alltkn.gateway.openai.Usage;
import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.rollout.Settings.ContentId;
import com.alltkn.gateway.secret.KeyId;
import com.alltkn.gateway.upstream.Effort;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/// What became of an exchange: the one statement of it that meters, traces and the event record are
/// made of. It holds no prompt, answer or credential.
///
/// @param startedAt when the request arrived
/// @param requestId the gateway's id of it
/// @param caller the caller's id; empty if there was no valid credential
/// @param route the label of the path, from a closed list; `unknown` for any other path
/// @param type the kind of request, from a closed list
/// @param streamed whether the caller asked for a stream
/// @param modelAsked the model that the caller named
/// @param modelUsed the model that upstream was asked for
/// @param status the HTTP status the caller saw; 499 if the caller left before there was one
/// @param ending how it ended
/// @param error the class of the error the caller was told, from a closed list
/// @param failure the reason behind it, from a closed list
/// @param latency from arrival to settlement
/// @param timeToFirstByte from arrival to the first byte of upstream's answer
/// @param effort how often upstream was asked
/// @param usage the units upstream counted; empty if unknown
/// @param ownShare whether the pod admitted or refused it by its own share of the caller's limits,
///   for what all pods share could not be reached or trusted
/// @param revision the number of the revision that was bound
/// @param content the identity of that revision's content
/// @param keyId the id of the key that was used
/// @param upstreamRequestId upstream's id of the request
/// @param bytesIn length of the request's body as far as it was read
/// @param bytesOut length of the answer's body as far as it was written
/// @param traceParent the caller's W3C trace context, for the gateway's own trace only
public record Settlement(
        Instant startedAt,
        String requestId,
        Optional<String> caller,
        String route,
        String type,
        boolean streamed,
        Optional<String> modelAsked,
        Optional<String> modelUsed,
        int status,
        Ending ending,
        Optional<String> error,
        Optional<String> failure,
        Duration latency,
        Optional<Duration> timeToFirstByte,
        Effort effort,
        Optional<Usage> usage,
        boolean ownShare,
        OptionalLong revision,
        Optional<ContentId> content,
        Optional<KeyId> keyId,
        Optional<String> upstreamRequestId,
        long bytesIn,
        long bytesOut,
        Optional<String> traceParent) {

    /// The status in the record of a caller who left before there was one.
    private static final int STATUS_OF_CALLER_GONE = 499;

    /// Reads what became of an exchange off the last thing that is known of it.
    ///
    /// @param known how far it has come
    /// @param ending how it ends
    /// @param error the class of the error that the caller was told
    /// @param failure the reason behind it
    /// @param ownBytes the length of a body of the gateway's own, if it wrote any
    static Settlement of(
            Progress known,
            Ending ending,
            Optional<String> error,
            Optional<String> failure,
            int ownBytes) {
        var arrival = known.arrival();
        var request = arrival.request();
        var response = request.response();
        var endpoint = known.endpoint();
        var standing = known.standing();
        var upstream =
                known instanceof Attempts attempts
                        ? Optional.of(attempts)
                        : Optional.<Attempts>empty();
        var handedOn = upstream.map(Attempts::relay);
        var revision = Optional.ofNullable(known.revision());
        return new Settlement(
                arrival.at(),
                arrival.requestId(),
                Optional.ofNullable(known.caller()).map(Caller::id),
                endpoint == null ? "unknown" : endpoint.label(),
                endpoint == null ? "unknown" : endpoint.type(),
                known.streamed(),
                Optional.ofNullable(known.modelAsked()),
                upstream.map(Attempts::model),
                response.headWritten() ? response.getStatusCode() : STATUS_OF_CALLER_GONE,
                ending,
                error,
                failure,
                arrival.elapsed(),
                upstream.flatMap(Attempts::timeToFirstByte),
                upstream.map(Attempts::effort).orElse(Effort.NONE),
                handedOn.flatMap(Relay::usage),
                standing != null && standing.ownShare(),
                revision.map(bound -> OptionalLong.of(bound.number())).orElse(OptionalLong.empty()),
                revision.map(Revision::contentId),
                revision.map(bound -> bound.settings().keyId()),
                upstream.flatMap(Attempts::upstreamRequestId),
                known.bytesIn(),
                handedOn.filter(Relay::begun).map(Relay::written).orElse((long) ownBytes),
                Optional.ofNullable(request.getHeader("traceparent")));
    }

    /// How an exchange ends.
    public enum Ending {
        /// Upstream's answer was relayed to its end.
        ANSWERED,
        /// The request was at fault, here or in upstream's eyes.
        REFUSED,
        /// Upstream or the gateway failed.
        FAILED,
        /// A clock ran out.
        TIMED_OUT,
        /// The caller went away.
        CALLER_GONE;

        static Ending of(GatewayError error, ErrorShape shape) {
            if (error instanceof GatewayError.UpstreamTimeout) {
                return TIMED_OUT;
            }
            // The one status from 500 on that is the caller's fault.
            var refused =
                    shape.status() < 500 || error instanceof GatewayError.UnsupportedHttpVersion;
            return refused ? REFUSED : FAILED;
        }
    }
}
