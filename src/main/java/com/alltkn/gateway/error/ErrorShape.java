package com.alltkn.gateway.error;

import com.alltkn.gateway.error.GatewayError.BodyTooLarge;
import com.alltkn.gateway.error.GatewayError.BodyTooSlow;
import com.alltkn.gateway.error.GatewayError.BudgetSpent;
import com.alltkn.gateway.error.GatewayError.CallerBlocked;
import com.alltkn.gateway.error.GatewayError.Internal;
import com.alltkn.gateway.error.GatewayError.InvalidCredentials;
import com.alltkn.gateway.error.GatewayError.InvalidRequest;
import com.alltkn.gateway.error.GatewayError.MethodNotAllowed;
import com.alltkn.gateway.error.GatewayError.ModelNotAllowed;
import com.alltkn.gateway.error.GatewayError.NotReady;
import com.alltkn.gateway.error.GatewayError.Overloaded;
import com.alltkn.gateway.error.GatewayError.PathNotAllowed;
import com.alltkn.gateway.error.GatewayError.RateLimited;
import com.alltkn.gateway.error.GatewayError.ShuttingDown;
import com.alltkn.gateway.error.GatewayError.TokensUncheckable;
import com.alltkn.gateway.error.GatewayError.TooManyConcurrent;
import com.alltkn.gateway.error.GatewayError.UnknownPath;
import com.alltkn.gateway.error.GatewayError.UnsupportedHttpVersion;
import com.alltkn.gateway.error.GatewayError.UnsupportedMedia;
import com.alltkn.gateway.error.GatewayError.UpstreamCredentialsExhausted;
import com.alltkn.gateway.error.GatewayError.UpstreamFailed;
import com.alltkn.gateway.error.GatewayError.UpstreamInterrupted;
import com.alltkn.gateway.error.GatewayError.UpstreamInvalidAnswer;
import com.alltkn.gateway.error.GatewayError.UpstreamOverloaded;
import com.alltkn.gateway.error.GatewayError.UpstreamPermissionDenied;
import com.alltkn.gateway.error.GatewayError.UpstreamQuotaExhausted;
import com.alltkn.gateway.error.GatewayError.UpstreamRateLimited;
import com.alltkn.gateway.error.GatewayError.UpstreamRefused;
import com.alltkn.gateway.error.GatewayError.UpstreamTimeout;
import com.alltkn.gateway.error.GatewayError.UpstreamUnavailable;
import com.alltkn.gateway.error.GatewayError.UpstreamUnreachable;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// How an error is answered: the one status table.
///
/// @param status the HTTP status
/// @param errorClass a word from a closed list, for meters and records
/// @param type OpenAI's error type
/// @param code a word for programs; what upstream chose where the error is upstream's
/// @param param the field at fault
/// @param message the English sentence of the envelope
/// @param retryAfter how long a client should wait
/// @param shouldRetry what `x-should-retry` says; empty leaves it to the client's own rules
public record ErrorShape(
        int status,
        String errorClass,
        String type,
        @Nullable String code,
        @Nullable String param,
        String message,
        Optional<Duration> retryAfter,
        Optional<Boolean> shouldRetry) {

    private static final String CALLER = "invalid_request_error";
    private static final String GATEWAY = "gateway_error";
    private static final String UPSTREAM = "upstream_error";
    private static final String RATE = "rate_limit_error";

    /// Nobody knows when a request under way ends; most do within a second or a few.
    private static final Duration A_MOMENT = Duration.ofSeconds(1);

    /// A client that finds no revision yet may try again soon: while starting, Vault is asked every
    /// few seconds. So may one whose gateway ends: another takes its place.
    private static final Duration SOON = Duration.ofSeconds(2);

    /// Looks an error up.
    ///
    /// @param error what went wrong
    /// @return how to answer it
    public static ErrorShape of(GatewayError error) {
        return switch (error) {
            case InvalidCredentials() ->
                    shape(
                            401,
                            CALLER,
                            "invalid_api_key",
                            "the api key is missing or not known here");
            case CallerBlocked() -> shape(403, CALLER, "caller_blocked", "this caller is blocked");
            case ModelNotAllowed(var model) ->
                    new ErrorShape(
                            403,
                            "model_not_allowed",
                            CALLER,
                            "model_not_allowed",
                            "model",
                            "this caller may not ask for the model " + model,
                            Optional.empty(),
                            Optional.empty());
            case RateLimited(var of, var limit, var delay) ->
                    shape(
                                    429,
                                    RATE,
                                    "rate_limit_exceeded",
                                    "this caller's limit of %d %s per minute is reached"
                                            .formatted(limit, of))
                            .wait(Optional.of(delay));
            case TooManyConcurrent(var limit) ->
                    shape(
                                    429,
                                    RATE,
                                    "rate_limit_exceeded",
                                    "this caller's limit of %d concurrent requests is reached"
                                            .formatted(limit))
                            .wait(Optional.of(A_MOMENT));
            case BudgetSpent(var period, var limit) ->
                    shape(
                                    429,
                                    RATE,
                                    "insufficient_quota",
                                    "this caller's %s budget of %d tokens is spent"
                                            .formatted(period, limit))
                            .forGood();
            case UnknownPath(var method, var path) ->
                    shape(404, CALLER, "unknown_url", "unknown path: " + method + " " + path);
            case MethodNotAllowed(var method, var allowed) ->
                    shape(
                            405,
                            CALLER,
                            "method_not_allowed",
                            "method %s is not one of %s"
                                    .formatted(
                                            method,
                                            String.join(", ", allowed.stream().sorted().toList())));
            case PathNotAllowed(var what) ->
                    shape(
                            403,
                            CALLER,
                            "path_not_allowed",
                            what
                                    + " reaches objects stored in an account that all callers share;"
                                    + " this caller is not allowed them");
            case InvalidRequest(var message, var param, var code) ->
                    new ErrorShape(
                            400,
                            "invalid_request",
                            CALLER,
                            code,
                            param,
                            message,
                            Optional.empty(),
                            Optional.empty());
            case BodyTooLarge(var limit) ->
                    shape(
                            413,
                            CALLER,
                            "request_too_large",
                            "the body is over the limit of %d bytes".formatted(limit));
            case BodyTooSlow() ->
                    shape(400, CALLER, "request_too_slow", "the body did not arrive in time");
            case UnsupportedMedia(var message) ->
                    shape(415, CALLER, "unsupported_media_type", message);
            case UnsupportedHttpVersion() ->
                    shape(
                            505,
                            CALLER,
                            "unsupported_http_version",
                            "only HTTP/1.0 and HTTP/1.1 are served");
            case NotReady() ->
                    shape(503, GATEWAY, "gateway_not_ready", "the gateway has no settings yet")
                            .wait(Optional.of(SOON));
            case TokensUncheckable() ->
                    shape(
                                    503,
                                    GATEWAY,
                                    "tokens_uncheckable",
                                    "the gateway has not yet got the keys that tokens are checked"
                                            + " with")
                            .wait(Optional.of(SOON));
            case Overloaded() ->
                    shape(503, GATEWAY, "gateway_overloaded", "the gateway has too much to do")
                            .wait(Optional.of(SOON));
            case ShuttingDown() ->
                    shape(503, GATEWAY, "gateway_shutting_down", "the gateway is shutting down")
                            .wait(Optional.of(SOON));
            case Internal() -> shape(500, GATEWAY, "internal_error", "the gateway failed");
            case UpstreamUnreachable() ->
                    shape(502, UPSTREAM, "upstream_unreachable", "upstream could not be reached");
            case UpstreamTimeout(var clock) ->
                    shape(
                            504,
                            UPSTREAM,
                            "upstream_timeout",
                            "upstream did not answer in time (clock: %s)".formatted(clock.word()));
            case UpstreamInterrupted() ->
                    shape(
                            502,
                            UPSTREAM,
                            "upstream_interrupted",
                            "upstream's answer ended before its end");
            case UpstreamInvalidAnswer() ->
                    shape(
                            502,
                            UPSTREAM,
                            "upstream_invalid_answer",
                            "upstream answered with something that is no answer");
            case UpstreamFailed(var advice) ->
                    shape(502, UPSTREAM, "upstream_failed", "upstream failed to answer")
                            .advised(advice);
            case UpstreamOverloaded(var advice) ->
                    shape(503, UPSTREAM, "upstream_overloaded", "upstream has too much to do")
                            .advised(advice);
            case UpstreamUnavailable(var wait) ->
                    shape(
                                    503,
                                    UPSTREAM,
                                    "upstream_unavailable",
                                    "upstream has failed for a while and is left alone")
                            .wait(Optional.of(wait));
            case UpstreamRateLimited(var message, var advice) ->
                    new ErrorShape(
                                    429,
                                    "upstream_rate_limited",
                                    RATE,
                                    "rate_limit_exceeded",
                                    null,
                                    message,
                                    Optional.empty(),
                                    Optional.empty())
                            .advised(advice);
            case UpstreamCredentialsExhausted() ->
                    shape(
                                    502,
                                    UPSTREAM,
                                    "upstream_credentials_exhausted",
                                    "upstream refused the gateway's credential")
                            .forGood();
            case UpstreamQuotaExhausted() ->
                    shape(502, UPSTREAM, "upstream_quota_exhausted", "the account's quota is spent")
                            .forGood();
            case UpstreamPermissionDenied() ->
                    shape(
                                    502,
                                    UPSTREAM,
                                    "upstream_permission_denied",
                                    "upstream does not permit the account what was asked")
                            .forGood();
            case UpstreamRefused(
                            var status,
                            var message,
                            var type,
                            var param,
                            var code,
                            var advice) ->
                    new ErrorShape(
                                    status,
                                    "upstream_refused",
                                    type,
                                    code,
                                    param,
                                    message,
                                    Optional.empty(),
                                    Optional.empty())
                            .advised(advice);
        };
    }

    /// The same error after the gateway's own tries: whoever asked should not add further ones. A
    /// rate limit stays as it is, for its wait is the answer.
    ///
    /// @return how to answer it then
    public ErrorShape triedEnough() {
        return status == 429 ? this : forGood();
    }

    private static ErrorShape shape(int status, String type, String code, String message) {
        return new ErrorShape(
                status, code, type, code, null, message, Optional.empty(), Optional.empty());
    }

    private ErrorShape wait(Optional<Duration> wait) {
        return new ErrorShape(status, errorClass, type, code, param, message, wait, shouldRetry);
    }

    private ErrorShape advised(GatewayError.RetryAdvice advice) {
        var waiting = wait(advice.delay());
        return advice.never() ? waiting.forGood() : waiting;
    }

    private ErrorShape forGood() {
        return new ErrorShape(
                status, errorClass, type, code, param, message, retryAfter, Optional.of(false));
    }
}
