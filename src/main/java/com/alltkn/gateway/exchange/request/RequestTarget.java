package com.alltkn.gateway.exchange.request;

import com.alltkn.gateway.error.GatewayError;
import io.vertx.core.http.HttpServerRequest;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/// Where a request goes, undecoded, without the part before the API's own paths.
///
/// @param path the path after `/v1` or `/api/v1`
/// @param pathAndQuery the same with the query, as it goes upstream
public record RequestTarget(String path, String pathAndQuery) {

    private static final int LONGEST_PATH_IN_ERROR = 200;

    private static final String V1 = "/v1/";
    private static final String API_V1 = "/api/v1/";

    /// Scheme and host, which decide nothing here, and the rest. A host ends at a question mark or
    /// a hash too, so that no query is taken for a path.
    private static final Pattern ABSOLUTE =
            Pattern.compile("(?i:https?)://[^/?#@]+(/.*)", Pattern.DOTALL);

    /// Reads a request target; the absolute form of proxies is taken too.
    ///
    /// @param uri what stood in the request line
    /// @return empty if it is none of the API's paths
    public static Optional<RequestTarget> of(String uri) {
        var target = uri;
        if (!uri.startsWith("/")) {
            var absolute = ABSOLUTE.matcher(uri);
            if (!absolute.matches()) {
                return Optional.empty();
            }
            target = absolute.group(1);
        }
        var prefix = target.startsWith(V1) ? V1 : target.startsWith(API_V1) ? API_V1 : null;
        if (prefix == null || target.indexOf('#') >= 0) {
            return Optional.empty();
        }
        var rest = target.substring(prefix.length() - 1);
        var query = rest.indexOf('?');
        return Optional.of(new RequestTarget(query < 0 ? rest : rest.substring(0, query), rest));
    }

    /// @param request a request whose path is none of the API's
    /// @return the error that says so
    public static GatewayError unknownPath(HttpServerRequest request) {
        var path = Objects.requireNonNullElse(request.path(), request.uri());
        return new GatewayError.UnknownPath(
                request.method().name(),
                path.substring(0, Math.min(path.length(), LONGEST_PATH_IN_ERROR)));
    }
}
