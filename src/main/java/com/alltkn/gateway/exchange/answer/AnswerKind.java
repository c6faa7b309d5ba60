package com.alltkn.gateway.exchange.answer;

import com.alltkn.gateway.openai.Endpoint;
import com.alltkn.gateway.openai.RequestKind;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// What a 2xx answer is, as far as the relay has to know.
public enum AnswerKind {
    /// Server-sent events: each goes on as it comes, and the last one must come.
    EVENTS,
    /// JSON: its first byte must look like it.
    JSON,
    /// Anything else: audio, a file.
    OPAQUE,
    /// No answer at all: a 204.
    NOTHING;

    /// Charsets in which the letters of ASCII are other bytes than theirs.
    private static final Pattern WIDE_CHARSET =
            Pattern.compile(
                    "(?i)charset\\s*=[\\s\"']*(?!utf-?8)(x-)?(utf|ucs|iso-10646|unicode|ebcdic|ibm)");

    /// Decides by status and content type; the body is not looked at.
    ///
    /// @param endpoint what was asked
    /// @param streamAsked whether the caller asked for a stream
    /// @param head upstream's answer, a 2xx
    /// @return the kind; empty if this is no answer to what was asked
    public static Optional<AnswerKind> of(
            Endpoint endpoint, boolean streamAsked, HttpClientResponse head) {
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
        return Optional.of(events ? EVENTS : json ? JSON : OPAQUE);
    }

    /// Whether the bytes of an answer are what it says, as upstream was asked to send it
    /// (`Accept-Encoding: identity`). In any other coding nobody would see the key in it, nor its
    /// usage, nor its end.
    ///
    /// @param head upstream's answer
    /// @return whether it can be read
    public static boolean isReadable(HttpClientResponse head) {
        var headers = head.headers();
        return isPlain(headers.getAll(HttpHeaders.CONTENT_ENCODING), "identity")
                && isPlain(headers.getAll(HttpHeaders.TRANSFER_ENCODING), "chunked")
                && headers.getAll(HttpHeaders.CONTENT_TYPE).stream()
                        .noneMatch(type ->
                                type.indexOf(';') >= 0 && WIDE_CHARSET.matcher(type).find());
    }

    private static boolean isJson(String type) {
        var end = type.indexOf(';');
        var essence = end < 0 ? type : type.substring(0, end).strip();
        return essence.equals("application/json") || essence.endsWith("+json");
    }

    private static boolean isPlain(List<String> codings, String plain) {
        if (codings.isEmpty()
                || (codings.size() == 1 && codings.getFirst().equalsIgnoreCase(plain))) {
            return true;
        }
        return codings.stream()
                .flatMap(value -> Arrays.stream(value.split(",", -1)))
                .map(String::strip)
                .allMatch(coding ->
                        coding.isEmpty()
                                || coding.equalsIgnoreCase("identity")
                                || coding.equalsIgnoreCase(plain));
    }
}
