package com.alltkn.gateway.sandbox;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The sandbox's own words, and how it counts them.
final class Wording {

    /// About what a tokenizer makes of English: a word, a long word in two; CJK text has no spaces
    /// and comes out coarser than it really is.
    private static final Pattern PIECE = Pattern.compile("\\s*\\S{1,8}|\\s+$");

    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]+");

    private static final int LONGEST_QUOTE = 240;

    private Wording() {}

    /// Cuts a text into the pieces it is streamed in; put together they are the text.
    static List<String> pieces(String text) {
        return PIECE.matcher(text).results().map(MatchResult::group).toList();
    }

    /// A rough count of tokens: one for each piece.
    static int tokens(String text) {
        return (int) PIECE.matcher(text).results().count();
    }

    /// The words of a text in lower case, without punctuation.
    static List<String> words(String text) {
        return WORD.matcher(text.toLowerCase(Locale.ROOT))
                .results()
                .map(MatchResult::group)
                .toList();
    }

    /// What the messages of a chat cost, with the few tokens that each message adds by itself.
    static int promptTokens(JsonArray messages) {
        int sum = 3;
        for (Object message : messages) {
            if (message instanceof JsonObject object) {
                sum += 4 + tokens(text(object.getValue("content")));
            }
        }
        return sum;
    }

    /// The text of a message's content: a string, or the text parts of an array.
    static String text(@Nullable Object content) {
        return switch (content) {
            case String text -> text;
            case JsonArray parts -> {
                var joined = new StringBuilder();
                for (Object part : parts) {
                    if (part instanceof JsonObject object) {
                        joined.append(joined.isEmpty() ? "" : " ");
                        joined.append(
                                object.getString("text", "[" + object.getString("type") + "]"));
                    } else if (part instanceof String text) {
                        joined.append(joined.isEmpty() ? "" : " ").append(text);
                    }
                }
                yield joined.toString();
            }
            case null, default -> "";
        };
    }

    /// The answer to what a user wrote.
    static String reply(String user) {
        if (user.isBlank()) {
            return "Hello from the ALLTKN sandbox! You sent no text, so there is nothing to answer"
                    + " yet. Ask me anything.";
        }
        return "Hello from the ALLTKN sandbox! You wrote \""
                + quote(user)
                + "\", and I made up this friendly answer on your own machine; a real model will"
                + " have more to say about it.";
    }

    /// The answer to what a tool returned.
    static String replyToTool(String result) {
        return "The tool returned \""
                + quote(result)
                + "\", and the ALLTKN sandbox passes that on as it is; a real model would explain it.";
    }

    /// What a reasoning model thinks before it answers.
    static String reasoning(String user) {
        return "The user wrote \""
                + quote(user)
                + "\". I am the sandbox, so a short and friendly answer that says so is best.";
    }

    private static String quote(String text) {
        String line = text.strip();
        if (line.codePointCount(0, line.length()) <= LONGEST_QUOTE) {
            return line;
        }
        return line.substring(0, line.offsetByCodePoints(0, LONGEST_QUOTE)) + "…";
    }
}
