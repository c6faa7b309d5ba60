package com.alltkn.gateway.laboratory;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/// A request as the upstream read it.
///
/// @param rawPath path and query as they stood in the request line
/// @param headers in the order and letters they were sent in
/// @param body without its framing; empty where the answer did not wait for it
/// @param connectionId which accepted connection brought it, counted from 1
public record RecordedRequest(
        String method, String rawPath, List<Header> headers, byte[] body, long connectionId) {

    public RecordedRequest {
        headers = List.copyOf(headers);
    }

    /// The first value of a header, its name in any letters.
    public Optional<String> header(String name) {
        return headers.stream()
                .filter(header -> header.name().equalsIgnoreCase(name))
                .map(Header::value)
                .findFirst();
    }

    /// The body as UTF-8.
    public String bodyText() {
        return new String(body, StandardCharsets.UTF_8);
    }
}
