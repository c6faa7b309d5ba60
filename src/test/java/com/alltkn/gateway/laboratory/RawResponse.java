package com.alltkn.gateway.laboratory;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/// An answer as it came over the wire.
///
/// @param statusLine without its line end
/// @param headers in the order and letters they came in
/// @param rawBody every byte after the head, chunk framing and trailers included
/// @param body the same without framing
/// @param complete whether the body came to the end that its framing promises; a body that ends
///   with the connection always does
/// @param closed whether the server had closed by the end of the body
public record RawResponse(
        String statusLine,
        List<Header> headers,
        byte[] rawBody,
        byte[] body,
        boolean complete,
        boolean closed) {

    public RawResponse {
        headers = List.copyOf(headers);
    }

    public int status() {
        return Integer.parseInt(statusLine.substring(9, 12));
    }

    /// The first value of a header, its name in any letters.
    public Optional<String> header(String name) {
        return headers.stream()
                .filter(header -> header.name().equalsIgnoreCase(name))
                .map(Header::value)
                .findFirst();
    }

    /// The body without framing as UTF-8.
    public String bodyText() {
        return new String(body, StandardCharsets.UTF_8);
    }

    /// Every byte of the body as it came, as UTF-8.
    public String rawBodyText() {
        return new String(rawBody, StandardCharsets.UTF_8);
    }
}
