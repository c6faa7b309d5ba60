package com.alltkn.gateway.quota;

import com.alltkn.gateway.openai.Endpoint;
import com.alltkn.gateway.openai.JsonRequest;
import java.util.OptionalLong;

/// What a request may cost before anybody knows what it does.
///
/// @param inputTokens of the prompt, estimated
/// @param outputTokens of the answer, at most, as far as that is bounded
public record Demand(long inputTokens, long outputTokens) {

    /// What a request without a model costs: nothing but itself.
    public static final Demand NOTHING = new Demand(0, 0);

    /// A byte of a body in few tokens: prose has about 4 bytes of English a token, or 3 of Chinese.
    private static final int BYTES_PER_TOKEN = 4;

    /// No model reads more; what is longer is an image in base64, which costs far less than its
    /// letters.
    private static final long LONGEST_INPUT = 131_072;

    /// What is reserved for an answer that nobody bounds: longer than most.
    private static final long USUAL_OUTPUT = 1024;

    /// Far above any limit, far below where sums would wrap.
    private static final long MOST = Long.MAX_VALUE / 1024;

    /// Estimates a request.
    ///
    /// @param request what the caller asks
    /// @param endpoint what is asked for
    /// @param cap the most output tokens that its caller may have, if that is limited
    /// @return the estimate
    public static Demand of(JsonRequest request, Endpoint endpoint, OptionalLong cap) {
        var input = Math.min(LONGEST_INPUT, request.length() / BYTES_PER_TOKEN + 1L);
        if (endpoint.outputLimitFields().isEmpty()) {
            return new Demand(input, 0);
        }
        var asked = request.outputTokens(endpoint).orElse(cap.orElse(USUAL_OUTPUT));
        var bounded = Math.min(asked, cap.orElse(asked));
        return new Demand(
                input,
                Math.multiplyHigh(bounded, request.choices()) == 0
                        ? Math.min(MOST, bounded * request.choices())
                        : MOST);
    }

    /// @return input and output together
    public long total() {
        return inputTokens + outputTokens;
    }

    /// What an answer has cost that broke off, by what had come of it.
    ///
    /// @param written bytes of the answer
    /// @return input and output tokens, no more than were set aside
    public long brokenOffAfter(long written) {
        return inputTokens + Math.min(outputTokens, written / BYTES_PER_TOKEN);
    }
}
