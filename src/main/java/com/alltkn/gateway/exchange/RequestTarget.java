package com.alltkn.gateway.exchange;

import java.util.Optional;

/// Where a request goes, undecoded, without the part before the API's own paths.
///
/// @param path the path after `/v1` or `/api/v1`
/// @param pathAndQuery the same with the query, as it goes upstream
record RequestTarget(String path, String pathAndQuery) {

    private static final String V1 = "/v1/";
    private static final String API_V1 = "/api/v1/";

    /// Reads a request target; the absolute form of proxies is taken too.
    ///
    /// @param uri what stood in the request line
    /// @return empty if it is none of the API's paths
    static Optional<RequestTarget> of(String uri) {
        var target = uri;
        if (!uri.startsWith("/")) {
            var scheme = uri.indexOf("://");
            var slash = scheme < 0 ? -1 : uri.indexOf('/', scheme + 3);
            if (slash < 0) {
                return Optional.empty();
            }
            target = uri.substring(slash);
        }
        var prefix = target.startsWith(V1) ? V1 : target.startsWith(API_V1) ? API_V1 : null;
        if (prefix == null || target.indexOf('#') >= 0) {
            return Optional.empty();
        }
        var rest = target.substring(prefix.length() - 1);
        var query = rest.indexOf('?');
        return Optional.of(new RequestTarget(query < 0 ? rest : rest.substring(0, query), rest));
    }
}
