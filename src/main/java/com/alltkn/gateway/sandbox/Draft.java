package com.alltkn.gateway.sandbox;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a model says, before it has the shape of a path: thoughts and text in the pieces they are
/// streamed in, one token each.
///
/// @param cut whether the caller's limit ended the text before its time
record Draft(
        String model, int inputTokens, List<String> reasoning, List<String> content, boolean cut) {

    Draft {
        reasoning = List.copyOf(reasoning);
        content = List.copyOf(content);
    }

    /// The text, with thoughts before it from a reasoning model, up to a limit on both together; no
    /// limit is null.
    static Draft of(
            String model, int inputTokens, String user, String text, @Nullable Integer limit) {
        List<String> reasoning =
                model.endsWith("-reasoner")
                        ? Wording.pieces(Wording.reasoning(user))
                        : List.<String>of();
        List<String> content = Wording.pieces(text);
        int all = reasoning.size() + content.size();
        if (limit == null || all <= limit) {
            return new Draft(model, inputTokens, reasoning, content, false);
        }
        int thoughts = Math.min(reasoning.size(), limit);
        return new Draft(
                model,
                inputTokens,
                reasoning.subList(0, thoughts),
                content.subList(0, limit - thoughts),
                true);
    }

    String reasoningText() {
        return String.join("", reasoning);
    }

    String text() {
        return String.join("", content);
    }

    /// Thoughts count as output.
    int outputTokens() {
        return reasoning.size() + content.size();
    }
}
