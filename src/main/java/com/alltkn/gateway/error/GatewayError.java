package com.alltkn.gateway.error;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Everything that can go wrong with an exchange, as the caller is told it. An error holds only
/// what the outside may read: no key, prompt, answer, host name or class name. How each one is
/// answered stands in [ErrorShape].
public sealed interface GatewayError {

    /// No credential, or one that no caller has.
    record InvalidCredentials() implements GatewayError {}

    /// A token that cannot be checked, for its issuer's keys were never to be had.
    record TokensUncheckable() implements GatewayError {}

    /// A caller who is refused whatever it asks.
    record CallerBlocked() implements GatewayError {}

    /// A model that the caller may not ask for.
    ///
    /// @param model its name
    record ModelNotAllowed(String model) implements GatewayError {}

    /// The caller has asked for more within a minute than it may.
    ///
    /// @param of what is limited: `requests` or `tokens`
    /// @param limit the most within a minute
    /// @param delay until there is room again
    record RateLimited(String of, long limit, Duration delay) implements GatewayError {}

    /// The caller has more exchanges under way than it may.
    ///
    /// @param limit the most at once
    record TooManyConcurrent(long limit) implements GatewayError {}

    /// The caller has used what it may use in a day or month.
    ///
    /// @param period `daily` or `monthly`
    /// @param limit the most tokens within it
    record BudgetSpent(String period, long limit) implements GatewayError {}

    /// A path that is none of the relayed ones.
    ///
    /// @param method the HTTP method asked with
    /// @param path the path asked for
    record UnknownPath(String method, String path) implements GatewayError {}

    /// A known path with a method it does not have.
    ///
    /// @param method the HTTP method asked with
    /// @param allowed the methods that the path has
    record MethodNotAllowed(String method, Set<String> allowed) implements GatewayError {

        public MethodNotAllowed {
            allowed = Set.copyOf(allowed);
        }
    }

    /// A path or field that reaches objects stored in the account that all callers share.
    ///
    /// @param what the path or field
    record PathNotAllowed(String what) implements GatewayError {}

    /// A request that cannot be understood, or that could be understood in two ways.
    ///
    /// @param message what is wrong with it
    /// @param param the field that is wrong, if it is one
    /// @param code a word for programs
    record InvalidRequest(String message, @Nullable String param, String code)
            implements GatewayError {}

    /// A body over the limit.
    ///
    /// @param limit the limit in bytes
    record BodyTooLarge(long limit) implements GatewayError {}

    /// A body that did not arrive in time.
    record BodyTooSlow() implements GatewayError {}

    /// A content type or content coding that the path does not take.
    ///
    /// @param message what was sent and what is taken
    record UnsupportedMedia(String message) implements GatewayError {}

    /// An HTTP version that is not served.
    record UnsupportedHttpVersion() implements GatewayError {}

    /// The gateway has no revision yet.
    record NotReady() implements GatewayError {}

    /// More is under way than the gateway takes on.
    record Overloaded() implements GatewayError {}

    /// The gateway ends, and the exchange has outlasted its grace.
    record ShuttingDown() implements GatewayError {}

    /// A fault of the gateway itself.
    record Internal() implements GatewayError {}

    /// Upstream could not be reached, or closed the connection without an answer.
    record UpstreamUnreachable() implements GatewayError {}

    /// Upstream did not answer in time.
    ///
    /// @param clock the clock that ran out
    record UpstreamTimeout(Clock clock) implements GatewayError {}

    /// Upstream's answer ended before its end.
    record UpstreamInterrupted() implements GatewayError {}

    /// Upstream answered with something that is no answer: an HTML page, an empty body, a redirect.
    record UpstreamInvalidAnswer() implements GatewayError {}

    /// Upstream failed by itself.
    ///
    /// @param advice what upstream said about trying again
    record UpstreamFailed(RetryAdvice advice) implements GatewayError {}

    /// Upstream has more to do than it can.
    ///
    /// @param advice what upstream said about trying again
    record UpstreamOverloaded(RetryAdvice advice) implements GatewayError {}

    /// Upstream has only failed for a while and is left alone until somebody tries it again.
    ///
    /// @param delay until then
    record UpstreamUnavailable(Duration delay) implements GatewayError {}

    /// Upstream's rate limit for the account.
    ///
    /// @param message upstream's own sentence, scrubbed
    /// @param advice what upstream said about trying again
    record UpstreamRateLimited(String message, RetryAdvice advice) implements GatewayError {}

    /// Upstream refused the gateway's credential.
    record UpstreamCredentialsExhausted() implements GatewayError {}

    /// The account's quota or balance is spent.
    record UpstreamQuotaExhausted() implements GatewayError {}

    /// Upstream forbids the account what was asked.
    record UpstreamPermissionDenied() implements GatewayError {}

    /// Upstream found fault with the request itself.
    ///
    /// @param status the 4xx status
    /// @param message upstream's own sentence, scrubbed
    /// @param type upstream's error type
    /// @param param the field at fault, if upstream named one
    /// @param code upstream's word for programs, if it has one
    /// @param advice what upstream said about trying again
    record UpstreamRefused(
            int status,
            String message,
            String type,
            @Nullable String param,
            @Nullable String code,
            RetryAdvice advice)
            implements GatewayError {}

    /// What upstream said about trying again, beyond its status.
    ///
    /// @param delay how long to wait first
    /// @param never whether it wants no further try
    record RetryAdvice(Optional<Duration> delay, boolean never) {

        /// The advice of an upstream that gave none.
        public static final RetryAdvice NONE = new RetryAdvice(Optional.empty(), false);
    }

    /// The four clocks of an attempt, and upstream's own.
    enum Clock {
        /// Until a connection stands.
        CONNECT,
        /// Until the first byte of the answer.
        FIRST_BYTE,
        /// Between two bytes of the answer.
        IDLE,
        /// From the request's arrival to the answer's last byte.
        TOTAL,
        /// One behind upstream: it answered 504 itself.
        UPSTREAM;

        /// @return the clock's name in records and messages
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
