package com.alltkn.gateway.upstream;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.openai.ErrorEnvelope;
import com.alltkn.gateway.openai.Scrubber;
import com.alltkn.gateway.secret.SecretMask;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What an answer of upstream that is no 2xx means to the caller. A refused credential, a spent
/// quota and a missing permission are the gateway's trouble: its caller is told so in the gateway's
/// own words, for upstream's text may quote the key.
public final class UpstreamErrors {

    private static final List<String> ERROR_FIRST = List.of("{", "\"error\"", ":");
    private static final String NO_TEXT = "upstream refused the request";
    private static final String CALLER = "invalid_request_error";

    /// No client waits longer than this because upstream said so: one SDK sleeps however long it is
    /// told.
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);

    private UpstreamErrors() {}

    /// Reads an answer.
    ///
    /// @param status its status; a 2xx where it began with an error
    /// @param headers its headers
    /// @param body its body, as far as it was read
    /// @param mask what hides the key that upstream was asked with: no text shows it
    /// @param clock for a `retry-after` that is a date in an answer that has none itself
    /// @return what the caller is told
    public static GatewayError of(
            int status, MultiMap headers, byte[] body, SecretMask mask, Clock clock) {
        var type = headers.get("content-type");
        var answer = UpstreamAnswer.read(status, type, body);
        var envelope = answer.error().map(said -> without(mask, said));
        var advice = new GatewayError.RetryAdvice(retryAfter(headers, clock), !mayRetry(headers));
        if (status / 100 == 2) {
            return inside(answer.meaning(), envelope, advice);
        }
        return switch (answer.meaning()) {
            case QUOTA_SPENT -> new GatewayError.UpstreamQuotaExhausted();
            case MODEL_UNAVAILABLE ->
                    status == 401 || status == 403
                            ? new GatewayError.UpstreamPermissionDenied()
                            : refused(status, envelope, advice);
            case TURNED_AWAY ->
                    status == 401 && UpstreamAnswer.isPage(type, body)
                            ? new GatewayError.UpstreamFailed(advice)
                            : ofStatus(status, envelope, advice);
            case ANSWERED, KEY_REFUSED, RATE_LIMITED, REQUEST_REFUSED, ILL ->
                    ofStatus(status, envelope, advice);
        };
    }

    /// Whether the answer speaks against the key it was asked with, as far as one answer can.
    ///
    /// @param status its status
    /// @param error what it means to the caller
    public static boolean refusesKey(int status, GatewayError error) {
        return status == 401 && error instanceof GatewayError.UpstreamCredentialsExhausted;
    }

    /// @param chunk the first piece of an answer
    /// @return whether it is an object whose first member is an error
    public static boolean beginsWithError(Buffer chunk) {
        var at = skipSpace(chunk, 0);
        for (var token : ERROR_FIRST) {
            if (at + token.length() > chunk.length()
                    || !chunk.getString(at, at + token.length()).equals(token)) {
                return false;
            }
            at = skipSpace(chunk, at + token.length());
        }
        return at < chunk.length() && (chunk.getByte(at) == '{' || chunk.getByte(at) == '"');
    }

    private static int skipSpace(Buffer chunk, int from) {
        var at = from;
        while (at < chunk.length() && Character.isWhitespace(chunk.getByte(at))) {
            at++;
        }
        return at;
    }

    /// An error inside of a success has no status of its own to be told by.
    private static GatewayError inside(
            UpstreamAnswer.Meaning meaning,
            Optional<ErrorEnvelope> envelope,
            GatewayError.RetryAdvice advice) {
        return switch (meaning) {
            case KEY_REFUSED -> ofStatus(401, envelope, advice);
            case TURNED_AWAY -> ofStatus(403, envelope, advice);
            case RATE_LIMITED -> ofStatus(429, envelope, advice);
            case REQUEST_REFUSED -> refused(400, envelope, advice);
            case MODEL_UNAVAILABLE -> refused(503, envelope, advice);
            case QUOTA_SPENT -> new GatewayError.UpstreamQuotaExhausted();
            case ILL -> new GatewayError.UpstreamFailed(advice);
            case ANSWERED -> new GatewayError.UpstreamInvalidAnswer();
        };
    }

    private static GatewayError ofStatus(
            int status, Optional<ErrorEnvelope> envelope, GatewayError.RetryAdvice advice) {
        return switch (status) {
            case 401 -> new GatewayError.UpstreamCredentialsExhausted();
            case 403 -> new GatewayError.UpstreamPermissionDenied();
            case 429 ->
                    new GatewayError.UpstreamRateLimited(
                            envelope.map(ErrorEnvelope::message)
                                    .filter(text -> !text.isBlank())
                                    .orElse("upstream's rate limit is reached"),
                            advice);
            case 503, 529 -> new GatewayError.UpstreamOverloaded(advice);
            case 504 -> new GatewayError.UpstreamTimeout(GatewayError.Clock.UPSTREAM);
            // A proxy between here and upstream wants a credential, which it will not get.
            case 407 ->
                    new GatewayError.UpstreamFailed(
                            new GatewayError.RetryAdvice(Optional.empty(), true));
            default -> {
                if (status >= 500) {
                    yield new GatewayError.UpstreamFailed(advice);
                }
                yield status >= 400
                        ? refused(status, envelope, advice)
                        : new GatewayError.UpstreamInvalidAnswer();
            }
        };
    }

    private static ErrorEnvelope without(SecretMask mask, ErrorEnvelope said) {
        var param = said.param();
        var code = said.code();
        return new ErrorEnvelope(
                scrub(mask, said.message()),
                scrub(mask, said.type()),
                param == null ? null : scrub(mask, param),
                code == null ? null : scrub(mask, code));
    }

    private static String scrub(SecretMask mask, String text) {
        return Scrubber.scrub(mask.hide(text));
    }

    private static GatewayError refused(
            int status, Optional<ErrorEnvelope> envelope, GatewayError.RetryAdvice advice) {
        if (envelope.isEmpty()) {
            return new GatewayError.UpstreamRefused(status, NO_TEXT, CALLER, null, null, advice);
        }
        var said = envelope.get();
        return new GatewayError.UpstreamRefused(
                status,
                said.message().isBlank() ? NO_TEXT : said.message(),
                said.type().isBlank() ? CALLER : said.type(),
                said.param(),
                said.code(),
                advice);
    }

    private static boolean mayRetry(MultiMap headers) {
        return !"false".equalsIgnoreCase(headers.get("x-should-retry"));
    }

    private static Optional<Duration> retryAfter(MultiMap headers, Clock clock) {
        return millis(headers.get("retry-after-ms"))
                .or(() -> seconds(headers.get("retry-after"), now(headers, clock)))
                .filter(wait -> !wait.isNegative())
                .map(wait -> wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait);
    }

    private static Optional<Duration> millis(@Nullable String value) {
        return number(value).map(millis -> Duration.ofMillis(Math.round(millis)));
    }

    /// The time as upstream tells it, for a date of its own is to be read by its own clock.
    private static Instant now(MultiMap headers, Clock clock) {
        return date(headers.get("date")).orElseGet(clock::instant);
    }

    private static Optional<Duration> seconds(@Nullable String value, Instant now) {
        return number(value)
                .map(seconds -> Duration.ofMillis(Math.round(seconds * 1000)))
                .or(() -> date(value).map(until -> Duration.between(now, until)));
    }

    private static Optional<Double> number(@Nullable String value) {
        if (value == null || !value.strip().matches("[0-9]{1,9}(\\.[0-9]{1,9})?")) {
            return Optional.empty();
        }
        return Optional.of(Double.valueOf(value.strip()));
    }

    private static Optional<Instant> date(@Nullable String value) {
        if (value == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    Instant.from(
                            DateTimeFormatter.RFC_1123_DATE_TIME
                                    .withLocale(Locale.ROOT)
                                    .parse(value.strip())));
        } catch (DateTimeException notADate) {
            return Optional.empty();
        }
    }
}
