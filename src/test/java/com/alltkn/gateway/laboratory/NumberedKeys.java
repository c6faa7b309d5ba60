package com.alltkn.gateway.laboratory;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/// Keys of which number n is written as version n, and whose answers tell which of them an attempt
/// carried. So an answer whose revision and key are not of the same number gives a mix-up away.
public final class NumberedKeys {

    private static final String MARK = "key-number-";

    private final String stem = "test-key-" + UUID.randomUUID() + "-";
    private final String firstKey;

    /// @param firstKey that of version 1
    public NumberedKeys(String firstKey) {
        this.firstKey = firstKey;
    }

    public String key(int number) {
        return number == 1 ? firstKey : stem + number;
    }

    /// Whether a request carries one credential, and it is this key.
    public boolean isIn(RecordedRequest request, int number) {
        var credentials =
                request.headers().stream()
                        .filter(header -> header.name().equalsIgnoreCase("authorization"))
                        .map(Header::value)
                        .toList();
        return credentials.equals(List.of("Bearer " + key(number)));
    }

    /// Lets an upstream answer requests with this key: whole, or as a stream of five events with a
    /// pause before each but the first.
    public void accept(ScriptedUpstream upstream, int number, Duration pause) {
        upstream.on(
                request -> isIn(request, number),
                Script.json(
                        200,
                        ScriptedUpstream.COMPLETION.replace("chatcmpl-1", MARK + number + ".")));
        var event = Script.event("{\"id\":\"" + MARK + number + ".\"}");
        upstream.on(
                request -> isIn(request, number) && request.bodyText().contains("\"stream\":true"),
                Script.sse(event, event, event, event, Script.event("[DONE]")).paced(pause));
    }

    /// Lets an upstream refuse this key with 401, in prompts too.
    ///
    /// @param refused counts the requests, without the prompts
    public void refuse(ScriptedUpstream upstream, int number, AtomicInteger refused) {
        var refusal = Script.json(401, "{\"error\":{\"message\":\"Incorrect API key provided\"}}");
        upstream.onPrompt(request -> isIn(request, number), refusal);
        upstream.on(request -> isIn(request, number) && refused.incrementAndGet() > 0, refusal);
    }

    /// What is wrong with an answer; empty where it is whole and its revision is that of its key.
    public static String fault(RawResponse response) {
        var body = response.bodyText();
        var revision = response.header("x-gateway-revision").orElse("none");
        var isStream = body.startsWith("data: ");
        if (response.status() == 200
                && response.complete()
                && body.split(MARK + revision + "\\.", -1).length == (isStream ? 5 : 2)
                && body.split(MARK, -1).length == (isStream ? 5 : 2)
                && (!isStream || body.endsWith("data: [DONE]\n\n"))) {
            return "";
        }
        return "%s, revision %s: %s".formatted(response.statusLine(), revision, body);
    }
}
