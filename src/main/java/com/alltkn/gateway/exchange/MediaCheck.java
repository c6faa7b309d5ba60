package com.alltkn.gateway.exchange;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.openai.Endpoint;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.Locale;
import java.util.Optional;

/// Whether a body comes in a form that the path takes.
final class MediaCheck {

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
        var type = types.isEmpty() ? "" : essence(types.getFirst());
        return switch (endpoint.requestKind()) {
            case JSON ->
                    type.equals("application/json") || type.endsWith("+json")
                            ? Optional.empty()
                            : unsupported("content-type must be application/json");
            case MULTIPART ->
                    type.equals("multipart/form-data")
                            ? Optional.empty()
                            : unsupported("content-type must be multipart/form-data");
            case NONE -> Optional.empty();
        };
    }

    private static String essence(String type) {
        var end = type.indexOf(';');
        return (end < 0 ? type : type.substring(0, end)).strip().toLowerCase(Locale.ROOT);
    }

    private static Optional<GatewayError> unsupported(String message) {
        return Optional.of(new GatewayError.UnsupportedMedia(message));
    }
}
