package com.alltkn.gateway.exchange.request;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.openai.Endpoint;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// Whether a body comes in a form that the path takes.
final class MediaCheck {

    private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

    /// A parameter of a media type (RFC 9110, 5.6.6), of whose quoted strings those without a
    /// semicolon or a backslash are taken: some split there before they look at quotes.
    private static final Pattern PARAMETER =
            Pattern.compile("(%s)=(%s|\"[^\"\\\\]*\")".formatted(TOKEN, TOKEN));

    private static final Pattern UTF_8 = Pattern.compile("(?i)utf-?8|\"utf-?8\"");

    private MediaCheck() {}

    /// Looks at the headers alone.
    ///
    /// @param endpoint what is asked
    /// @param headers the caller's headers
    /// @return what is wrong with them
    static Optional<GatewayError> of(Endpoint endpoint, MultiMap headers) {
        var coding = headers.get(HttpHeaders.CONTENT_ENCODING);
        if (coding != null && !coding.strip().equalsIgnoreCase("identity")) {
            return unsupported("a compressed body (content-encoding) is not taken");
        }
        var types = headers.getAll(HttpHeaders.CONTENT_TYPE);
        if (types.size() > 1) {
            return unsupported("content-type is given twice");
        }
        var value = types.isEmpty() ? "" : types.getFirst();
        var type = essence(value);
        return switch (endpoint.requestKind()) {
            case JSON ->
                    type.equals("application/json") || type.endsWith("+json")
                            ? charset(value)
                            : unsupported("content-type must be application/json");
            case MULTIPART ->
                    type.equals("multipart/form-data")
                            ? Optional.empty()
                            : unsupported("content-type must be multipart/form-data");
            case NONE -> Optional.empty();
        };
    }

    /// JSON is UTF-8 (RFC 8259, 8.1). Who goes by another charset would read another text than the
    /// gateway; who meets two may go by either.
    private static Optional<GatewayError> charset(String type) {
        var charsets = 0;
        for (var at = type.indexOf(';'); at >= 0; at = type.indexOf(';', at + 1)) {
            var next = type.indexOf(';', at + 1);
            var parameter = type.substring(at + 1, next < 0 ? type.length() : next).strip();
            var read = PARAMETER.matcher(parameter);
            if (parameter.isEmpty()) {
                continue;
            }
            if (!read.matches()) {
                return unsupported("content-type cannot be read");
            }
            // Its extended spelling (charset*=) is one, too.
            if (read.group(1).toLowerCase(Locale.ROOT).startsWith("charset")
                    && (++charsets > 1 || !UTF_8.matcher(read.group(2)).matches())) {
                return unsupported("the charset of JSON is utf-8");
            }
        }
        return Optional.empty();
    }

    private static String essence(String type) {
        var end = type.indexOf(';');
        return (end < 0 ? type : type.substring(0, end)).strip().toLowerCase(Locale.ROOT);
    }

    private static Optional<GatewayError> unsupported(String message) {
        return Optional.of(new GatewayError.UnsupportedMedia(message));
    }
}
