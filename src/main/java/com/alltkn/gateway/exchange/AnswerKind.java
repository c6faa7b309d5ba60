package com.alltkn.gateway.exchange;

import com.alltkn.gateway.openai.Endpoint;
import com.alltkn.gateway.openai.RequestKind;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// What a 2xx answer is, as far as the relay has to know.
enum AnswerKind {
    /// Server-sent events: each goes on as it comes, and the last one must come.
    EVENTS,
    /// JSON: its first byte must look like it.
    JSON,
    /// Anything else: audio, a file, or bytes in a coding that the caller itself asked for.
    OPAQUE,
    /// No answer at all: a 204.
    NOTHING;

    /// The weight of a coding that is not taken (RFC 9110, 12.4.2).
    private static final Pattern NEVER = Pattern.compile("(?i)\\s*q\\s*=\\s*0(\\.0*)?\\s*");

    /// Decides by status and content type; the body is not looked at.
    ///
    /// @param endpoint what was asked
    /// @param streamAsked whether the caller asked for a stream
    /// @param acceptEncoding the caller's `Accept-Encoding`
    /// @param head upstream's answer, a 2xx
    /// @return the kind; empty if this is no answer to what was asked
    static Optional<AnswerKind> of(
            Endpoint endpoint,
            boolean streamAsked,
            Optional<String> acceptEncoding,
            HttpClientResponse head) {
        if (head.statusCode() == 204) {
            return Optional.of(NOTHING);
        }
        var type =
                Optional.ofNullable(head.getHeader(HttpHeaders.CONTENT_TYPE))
                        .orElse("")
                        .strip()
                        .toLowerCase(Locale.ROOT);
        var json = isJson(type);
        var events = type.startsWith("text/event-stream");
        var mayStream = streamAsked || endpoint.requestKind() != RequestKind.JSON;
        var fits =
                endpoint.answersJson()
                        ? json || (events && mayStream)
                        : !type.startsWith("text/html");
        if (!fits) {
            return Optional.empty();
        }
        var coding = String.join(",", head.headers().getAll(HttpHeaders.CONTENT_ENCODING)).strip();
        if (!coding.isEmpty() && !coding.equalsIgnoreCase("identity")) {
            return acceptEncoding
                    .filter(accepted -> !events && accepts(accepted, coding))
                    .map(_ -> OPAQUE);
        }
        return Optional.of(events ? EVENTS : json ? JSON : OPAQUE);
    }

    private static boolean isJson(String type) {
        var end = type.indexOf(';');
        var essence = end < 0 ? type : type.substring(0, end).strip();
        return essence.equals("application/json") || essence.endsWith("+json");
    }

    private static boolean accepts(String accepted, String coding) {
        return Arrays.stream(accepted.split(",", -1))
                .map(one -> one.split(";", 2))
                .anyMatch(one ->
                        one[0].strip().equalsIgnoreCase(coding)
                                && (one.length == 1 || !NEVER.matcher(one[1]).matches()));
    }
}
