package com.alltkn.gateway.upstream;

import com.alltkn.gateway.upstream.UpstreamRequest.Body;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/// The headers that upstream sees: the caller's allowed ones, the gateway's credential and the
/// framing. Everything else a caller sends, its own credential, cookies and tracing above all,
/// stays here.
final class RequestHeaders {

    private static final List<CharSequence> ALLOWED =
            List.of(
                    HttpHeaders.ACCEPT,
                    HttpHeaders.CONTENT_TYPE,
                    HttpHeaders.createOptimized("openai-beta"));

    private static final CharSequence CLIENT_REQUEST_ID =
            HttpHeaders.createOptimized("x-client-request-id");
    private static final int LONGEST_CLIENT_REQUEST_ID = 512;

    private static final CharSequence USER_AGENT = HttpHeaders.createOptimized("alltkn-gateway");
    private static final CharSequence IDENTITY = HttpHeaders.createOptimized("identity");

    private RequestHeaders() {}

    static void write(UpstreamRequest request, String authorization, MultiMap to) {
        var from = request.callerHeaders();
        var named = namedByConnection(from);
        for (var name : ALLOWED) {
            var value = from.get(name);
            if (value != null && !named.contains(name.toString())) {
                to.add(name, value);
            }
        }
        var clientRequestIds = from.getAll(CLIENT_REQUEST_ID);
        if (clientRequestIds.size() == 1
                && isShortAscii(clientRequestIds.getFirst())
                && !named.contains(CLIENT_REQUEST_ID.toString())) {
            to.add(CLIENT_REQUEST_ID, clientRequestIds.getFirst());
        }
        to.add(HttpHeaders.AUTHORIZATION, authorization);
        to.add(HttpHeaders.USER_AGENT, USER_AGENT);
        // The answer is read for usage and for its end, so it has to come as it is.
        to.add(HttpHeaders.ACCEPT_ENCODING, IDENTITY);
        switch (request.body()) {
            case Body.Empty() -> {
                if (!request.method().equals("GET")) {
                    to.add(HttpHeaders.CONTENT_LENGTH, "0");
                }
            }
            case Body.Whole(var bytes) ->
                    to.add(HttpHeaders.CONTENT_LENGTH, Integer.toString(bytes.length()));
            case Body.Streamed(var length, _) -> {
                // Without a length it goes in chunks, which is the client's to say.
                if (length.isPresent()) {
                    to.add(HttpHeaders.CONTENT_LENGTH, Long.toString(length.getAsLong()));
                }
            }
        }
    }

    /// The headers that `Connection` declares to be for this hop alone. A body's type is none of
    /// them, whatever it says: without it upstream would guess.
    private static Set<String> namedByConnection(MultiMap from) {
        var values = from.getAll(HttpHeaders.CONNECTION);
        if (values.isEmpty() || (values.size() == 1 && isPlainConnection(values.getFirst()))) {
            return Set.of();
        }
        return values.stream()
                .flatMap(value -> Arrays.stream(value.split(",", -1)))
                .map(name -> name.strip().toLowerCase(Locale.ROOT))
                .filter(name -> !name.equals("content-type"))
                .collect(Collectors.toUnmodifiableSet());
    }

    private static boolean isPlainConnection(String value) {
        return value.equalsIgnoreCase("keep-alive") || value.equalsIgnoreCase("close");
    }

    private static boolean isShortAscii(String value) {
        return !value.isEmpty()
                && value.length() <= LONGEST_CLIENT_REQUEST_ID
                && value.chars().allMatch(c -> c >= 0x20 && c < 0x7f);
    }
}
