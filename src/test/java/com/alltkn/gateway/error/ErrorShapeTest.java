package com.alltkn.gateway.error;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.error.GatewayError.RetryAdvice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class ErrorShapeTest {

    private static final String CALLER = "invalid_request_error";
    private static final String GATEWAY = "gateway_error";
    private static final String UPSTREAM = "upstream_error";
    private static final Optional<Duration> NO_WAIT = Optional.empty();
    private static final Optional<Boolean> OPEN = Optional.empty();
    private static final Optional<Boolean> NEVER = Optional.of(false);
    private static final Optional<Duration> TWO_SECONDS = Optional.of(Duration.ofSeconds(2));

    /// The whole table: one row for each error, more where its parts decide.
    private static List<Row> table() {
        return List.of(
                row(
                        new GatewayError.InvalidCredentials(),
                        401,
                        CALLER,
                        "invalid_api_key",
                        "the api key is missing or not known here"),
                row(
                        new GatewayError.CallerBlocked(),
                        403,
                        CALLER,
                        "caller_blocked",
                        "this caller is blocked"),
                new Row(
                        new GatewayError.ModelNotAllowed("m"),
                        new ErrorShape(
                                403,
                                "model_not_allowed",
                                CALLER,
                                "model_not_allowed",
                                "model",
                                "this caller may not ask for the model m",
                                NO_WAIT,
                                OPEN)),
                row(
                        new GatewayError.RateLimited("requests", 9, TWO_SECONDS.orElseThrow()),
                        429,
                        "rate_limit_error",
                        "rate_limit_exceeded",
                        "this caller's limit of 9 requests per minute is reached",
                        TWO_SECONDS,
                        OPEN),
                row(
                        new GatewayError.TooManyConcurrent(9),
                        429,
                        "rate_limit_error",
                        "rate_limit_exceeded",
                        "this caller's limit of 9 concurrent requests is reached",
                        Optional.of(Duration.ofSeconds(1)),
                        OPEN),
                row(
                        new GatewayError.BudgetSpent("daily", 9),
                        429,
                        "rate_limit_error",
                        "insufficient_quota",
                        "this caller's daily budget of 9 tokens is spent",
                        NO_WAIT,
                        Optional.of(false)),
                row(
                        new GatewayError.UnknownPath("GET", "/x"),
                        404,
                        CALLER,
                        "unknown_url",
                        "unknown path: GET /x"),
                row(
                        new GatewayError.MethodNotAllowed("PUT", Set.of("POST", "GET")),
                        405,
                        CALLER,
                        "method_not_allowed",
                        "method PUT is not one of GET, POST"),
                row(
                        new GatewayError.PathNotAllowed("files"),
                        403,
                        CALLER,
                        "path_not_allowed",
                        "files reaches objects stored in an account that all callers share; this"
                                + " caller is not allowed them"),
                new Row(
                        new GatewayError.InvalidRequest("model must be a string", "model", "wrong"),
                        new ErrorShape(
                                400,
                                "invalid_request",
                                CALLER,
                                "wrong",
                                "model",
                                "model must be a string",
                                NO_WAIT,
                                OPEN)),
                row(
                        new GatewayError.BodyTooLarge(7),
                        413,
                        CALLER,
                        "request_too_large",
                        "the body is over the limit of 7 bytes"),
                row(
                        new GatewayError.BodyTooSlow(),
                        400,
                        CALLER,
                        "request_too_slow",
                        "the body did not arrive in time"),
                row(
                        new GatewayError.UnsupportedMedia("no gzip"),
                        415,
                        CALLER,
                        "unsupported_media_type",
                        "no gzip"),
                row(
                        new GatewayError.UnsupportedHttpVersion(),
                        505,
                        CALLER,
                        "unsupported_http_version",
                        "only HTTP/1.0 and HTTP/1.1 are served"),
                row(
                        new GatewayError.NotReady(),
                        503,
                        GATEWAY,
                        "gateway_not_ready",
                        "the gateway has no settings yet",
                        TWO_SECONDS,
                        OPEN),
                row(
                        new GatewayError.TokensUncheckable(),
                        503,
                        GATEWAY,
                        "tokens_uncheckable",
                        "the gateway has not yet got the keys that tokens are checked with",
                        TWO_SECONDS,
                        OPEN),
                row(
                        new GatewayError.Overloaded(),
                        503,
                        GATEWAY,
                        "gateway_overloaded",
                        "the gateway has too much to do",
                        TWO_SECONDS,
                        OPEN),
                row(
                        new GatewayError.ShuttingDown(),
                        503,
                        GATEWAY,
                        "gateway_shutting_down",
                        "the gateway is shutting down",
                        TWO_SECONDS,
                        OPEN),
                row(
                        new GatewayError.Internal(),
                        500,
                        GATEWAY,
                        "internal_error",
                        "the gateway failed"),
                row(
                        new GatewayError.UpstreamUnreachable(),
                        502,
                        UPSTREAM,
                        "upstream_unreachable",
                        "upstream could not be reached"),
                row(
                        new GatewayError.UpstreamTimeout(GatewayError.Clock.FIRST_BYTE),
                        504,
                        UPSTREAM,
                        "upstream_timeout",
                        "upstream did not answer in time (clock: first_byte)"),
                row(
                        new GatewayError.UpstreamInterrupted(),
                        502,
                        UPSTREAM,
                        "upstream_interrupted",
                        "upstream's answer ended before its end"),
                row(
                        new GatewayError.UpstreamInvalidAnswer(),
                        502,
                        UPSTREAM,
                        "upstream_invalid_answer",
                        "upstream answered with something that is no answer"),
                row(
                        new GatewayError.UpstreamFailed(RetryAdvice.NONE),
                        502,
                        UPSTREAM,
                        "upstream_failed",
                        "upstream failed to answer"),
                row(
                        new GatewayError.UpstreamOverloaded(new RetryAdvice(TWO_SECONDS, false)),
                        503,
                        UPSTREAM,
                        "upstream_overloaded",
                        "upstream has too much to do",
                        TWO_SECONDS,
                        OPEN),
                row(
                        new GatewayError.UpstreamUnavailable(TWO_SECONDS.orElseThrow()),
                        503,
                        UPSTREAM,
                        "upstream_unavailable",
                        "upstream has failed for a while and is left alone",
                        TWO_SECONDS,
                        OPEN),
                new Row(
                        new GatewayError.UpstreamRateLimited(
                                "slow down", new RetryAdvice(TWO_SECONDS, false)),
                        new ErrorShape(
                                429,
                                "upstream_rate_limited",
                                "rate_limit_error",
                                "rate_limit_exceeded",
                                null,
                                "slow down",
                                TWO_SECONDS,
                                OPEN)),
                new Row(
                        new GatewayError.UpstreamRateLimited(
                                "slow down", new RetryAdvice(NO_WAIT, true)),
                        new ErrorShape(
                                429,
                                "upstream_rate_limited",
                                "rate_limit_error",
                                "rate_limit_exceeded",
                                null,
                                "slow down",
                                NO_WAIT,
                                NEVER)),
                row(
                        new GatewayError.UpstreamCredentialsExhausted(),
                        502,
                        UPSTREAM,
                        "upstream_credentials_exhausted",
                        "upstream refused the gateway's credential",
                        NO_WAIT,
                        NEVER),
                row(
                        new GatewayError.UpstreamQuotaExhausted(),
                        502,
                        UPSTREAM,
                        "upstream_quota_exhausted",
                        "the account's quota is spent",
                        NO_WAIT,
                        NEVER),
                row(
                        new GatewayError.UpstreamPermissionDenied(),
                        502,
                        UPSTREAM,
                        "upstream_permission_denied",
                        "upstream does not permit the account what was asked",
                        NO_WAIT,
                        NEVER),
                new Row(
                        new GatewayError.UpstreamRefused(
                                422, "no", "their_type", "n", "their_code", RetryAdvice.NONE),
                        new ErrorShape(
                                422,
                                "upstream_refused",
                                "their_type",
                                "their_code",
                                "n",
                                "no",
                                NO_WAIT,
                                OPEN)));
    }

    @Test
    void standsInTheReadmeWithItsStatus() throws IOException {
        var readme = Files.readString(Path.of("README.md"));

        for (var row : table()) {
            // These two carry codes that others chose.
            if (!(row.error instanceof GatewayError.InvalidRequest)
                    && !(row.error instanceof GatewayError.UpstreamRefused)) {
                assertThat(readme)
                        .containsPattern(
                                "\\| %d \\|[^|]*`%s`"
                                        .formatted(row.shape.status(), row.shape.code()));
            }
        }
    }

    @Test
    void asksForNoFurtherTryOnceItHasTriedEnough() {
        var failed = ErrorShape.of(new GatewayError.UpstreamFailed(RetryAdvice.NONE));
        var limited =
                ErrorShape.of(new GatewayError.UpstreamRateLimited("slow down", RetryAdvice.NONE));

        assertThat(failed.triedEnough().shouldRetry()).contains(false);
        assertThat(limited.triedEnough()).isEqualTo(limited);
    }

    @TestFactory
    List<DynamicTest> answersEachErrorAsTheTableSays() {
        return table().stream()
                .map(row ->
                        DynamicTest.dynamicTest(
                                row.error.toString(),
                                () -> assertThat(ErrorShape.of(row.error)).isEqualTo(row.shape)))
                .toList();
    }

    @Test
    void hasARowAndTwoTextsForEveryErrorThereIs() {
        var texts = new UserTexts(Optional.empty());

        assertThat(table().stream().<Class<?>>map(row -> row.error.getClass()).distinct())
                .containsExactlyInAnyOrder(GatewayError.class.getPermittedSubclasses());
        for (var row : table()) {
            var english = texts.textOf(row.error, Optional.of("en"));
            var chinese = texts.textOf(row.error, Optional.of("zh"));
            assertThat(english).matches("[ -~]{10,120}");
            assertThat(chinese).matches("[^ -~]{5,60}");
        }
    }

    @Test
    void carriesItsErrorInAnExceptionWithoutAStack() {
        var exception = new GatewayException(new GatewayError.Internal());

        assertThat(exception.error()).isEqualTo(new GatewayError.Internal());
        assertThat(exception).hasMessage("internal_error");
        assertThat(exception.getStackTrace()).isEmpty();
    }

    private static Row row(
            GatewayError error, int status, String type, String code, String message) {
        return row(error, status, type, code, message, NO_WAIT, OPEN);
    }

    private static Row row(
            GatewayError error,
            int status,
            String type,
            String code,
            String message,
            Optional<Duration> wait,
            Optional<Boolean> shouldRetry) {
        return new Row(
                error, new ErrorShape(status, code, type, code, null, message, wait, shouldRetry));
    }

    private record Row(GatewayError error, ErrorShape shape) {}
}
