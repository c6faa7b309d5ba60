package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.Parsing.Rejected;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What can be told of a key without asking anybody: whether it is a key at all. A rule may only
/// reject what no real key looks like; whether a key is good only upstream knows.
final class KeyRules {

    static final int MAX_LENGTH = 4096;

    // What documents, templates and half-done deployments put where a key belongs. Compared with
    // the whole value, lower case, letters and digits only, a leading "sk" left out.
    private static final Set<String> STAND_INS =
            Set.of(
                    "apikey",
                    "changeit",
                    "changeme",
                    "example",
                    "key",
                    "none",
                    "null",
                    "password",
                    "placeholder",
                    "redacted",
                    "secret",
                    "tbd",
                    "todo",
                    "token",
                    "undefined",
                    "unset");
    private static final Pattern STAND_IN_PHRASE =
            Pattern.compile(
                    "(your|my|insert|enter|paste|put|add|replace|change|set)[a-z]*"
                            + "(key|token|secret|here|me|this)"
                            + "|(alltkn)?(dummy|example|fake|placeholder|sample)"
                            + "(api)?(key|token|secret|value)?\\d{0,4}"
                            + "|(alltkn|openai)?(api)?(key|token|secret)here"
                            + "|alltknapikey"
                            + "|x{3,}|0{3,}|(1234)5?6?7?8?9?0?");
    private static final Pattern BRACKETED = Pattern.compile("<[^<>]*>|\\[[^\\[\\]]*]");

    // Covered by stars or bullets, or cut short by dots. A key has single dots (a JWT has two) but
    // never three in a row.
    private static final List<String> MASKS =
            List.of("***", "•", "●", "·", "∗", "…", "...", "[redacted]", "[masked]", "<redacted>");

    private static final List<String> REFERENCE_PARTS =
            List.of("${", "{{", "}}", "$(", "<%", "#{", "@Microsoft.KeyVault");
    private static final List<String> REFERENCE_STARTS =
            List.of(
                    "vault:",
                    "bao:",
                    "op://",
                    "ref+",
                    "arn:aws:",
                    "awssm:",
                    "aws-sm:",
                    "ssm:",
                    "gcpsm:",
                    "gcp-sm:",
                    "azurekeyvault:",
                    "secretref:",
                    "secret://",
                    "env:",
                    "file:",
                    "enc:",
                    "enc[",
                    "!vault");

    private KeyRules() {}

    static @Nullable Rejected check(Object value, String where) {
        if (!(value instanceof String key)) {
            return new Rejected(RejectionReason.KEY_NOT_TEXT, where + " is not text");
        }
        // From the shape that explains most to the one that explains least: a pasted placeholder
        // often has spaces, too.
        if (key.isBlank()) {
            return new Rejected(RejectionReason.KEY_BLANK, where + " is blank");
        }
        if (key.length() > MAX_LENGTH) {
            return new Rejected(
                    RejectionReason.KEY_TOO_LONG,
                    where + " has more than " + MAX_LENGTH + " characters");
        }
        if (isReference(key)) {
            return new Rejected(
                    RejectionReason.UNRESOLVED_REFERENCE,
                    where + " is a reference that was not resolved");
        }
        if (isMasked(key)) {
            return new Rejected(
                    RejectionReason.KEY_MASKED, where + " is a masked or shortened copy of a key");
        }
        if (isPlaceholder(key)) {
            return new Rejected(RejectionReason.KEY_PLACEHOLDER, where + " only stands for a key");
        }
        return checkCharacters(key, where);
    }

    static boolean isReference(String value) {
        var text = value.strip();
        return REFERENCE_PARTS.stream().anyMatch(text::contains)
                || REFERENCE_STARTS.stream().anyMatch(text.toLowerCase(Locale.ROOT)::startsWith)
                || text.matches("\\$[A-Za-z_][A-Za-z0-9_]*|%[A-Za-z_][A-Za-z0-9_]*%");
    }

    private static boolean isMasked(String key) {
        var text = key.toLowerCase(Locale.ROOT);
        return MASKS.stream().anyMatch(text::contains);
    }

    private static boolean isPlaceholder(String key) {
        var letters = key.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
        var bare = letters.startsWith("sk") ? letters.substring(2) : letters;
        return BRACKETED.matcher(key.strip()).matches()
                || STAND_INS.contains(letters)
                || STAND_INS.contains(bare)
                || STAND_IN_PHRASE.matcher(letters).matches()
                || STAND_IN_PHRASE.matcher(bare).matches();
    }

    private static @Nullable Rejected checkCharacters(String key, String where) {
        if (key.indexOf('\r') >= 0 || key.indexOf('\n') >= 0) {
            return new Rejected(
                    RejectionReason.KEY_HAS_LINE_BREAK, where + " contains a line break");
        }
        if (key.chars().anyMatch(Character::isISOControl)) {
            return new Rejected(
                    RejectionReason.KEY_HAS_CONTROL_CHARACTER,
                    where + " contains a control character");
        }
        if (key.indexOf(' ') >= 0) {
            return new Rejected(RejectionReason.KEY_HAS_SPACE, where + " contains a space");
        }
        if (key.chars().anyMatch(character -> character > '~')) {
            return new Rejected(
                    RejectionReason.KEY_NOT_ASCII,
                    where + " contains a character outside of ASCII");
        }
        return null;
    }
}
