package com.alltkn.gateway.openai;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Reads what matters of one answer object: a whole JSON answer, or the data of one event. One
/// instance is used again for event after event, so that reading makes no garbage; what it says is
/// about the last text read.
final class AnswerReader {
    private static final byte[] USAGE = "usage".getBytes(US_ASCII);
    private static final byte[] ERROR = "error".getBytes(US_ASCII);
    private static final byte[] TYPE = "type".getBytes(US_ASCII);
    private static final byte[] MODEL = "model".getBytes(US_ASCII);
    private static final byte[] CHOICES = "choices".getBytes(US_ASCII);
    private static final byte[] RESPONSE = "response".getBytes(US_ASCII);

    private static final byte[] NOTHING = {};

    private byte[] bytes = NOTHING;
    private int usageFrom;
    private int usageTo;
    private int modelFrom;
    private int modelTo;
    private boolean error;
    private boolean choicesEmpty;
    private EventType type = EventType.OTHER;

    /// Reads a text that must be one JSON object.
    ///
    /// @return whether it is; if not, nothing read of it holds, save what `readStart` promises
    boolean read(byte[] text, int from, int to) {
        var scanner = readStart(text, from, to);
        return scanner.failure() == null && scanner.atEnd();
    }

    /// Reads as far as the text is whole, for a text of which only the start was kept: members
    /// before the cut are known.
    JsonScanner readStart(byte[] text, int from, int to) {
        bytes = text;
        usageFrom = -1;
        modelFrom = -1;
        error = false;
        choicesEmpty = false;
        type = EventType.OTHER;
        var scanner = new JsonScanner(text, from, to);
        if (!scanner.enterObject()) {
            return scanner;
        }
        while (scanner.nextMember()) {
            if (scanner.keyIs(RESPONSE) && scanner.peek() == '{') {
                readResponse(scanner);
            } else {
                readMember(scanner);
            }
            if (scanner.failure() != null) {
                return scanner;
            }
        }
        return scanner;
    }

    /// Forgets the text, and with it all that has to be read from it again.
    void forget() {
        bytes = NOTHING;
        usageFrom = -1;
        modelFrom = -1;
    }

    /// The usage of the answer, or of the response that the event carries.
    Optional<Usage> usage() {
        return usageFrom < 0 ? Optional.empty() : UsageReader.read(bytes, usageFrom, usageTo);
    }

    /// Whether there is an `error` that is not null.
    boolean hasError() {
        return error;
    }

    /// Whether this is a chat chunk that carries only usage: no choices, and a `usage` object.
    boolean isUsageChunk() {
        return choicesEmpty && usageFrom >= 0;
    }

    EventType type() {
        return type;
    }

    /// The model that answers; null if none is named or the name is too long to be one.
    @Nullable String model() {
        if (modelFrom < 0 || modelTo - modelFrom - 2 > 6 * RequestReader.MAX_MODEL) {
            return null;
        }
        var name = new JsonScanner(bytes, modelFrom, modelTo).text(modelFrom, modelTo);
        return name.isEmpty() || name.length() > RequestReader.MAX_MODEL ? null : name;
    }

    private void readMember(JsonScanner scanner) {
        var isError = scanner.keyIs(ERROR);
        var isType = !isError && scanner.keyIs(TYPE);
        var isChoices = !isError && !isType && scanner.keyIs(CHOICES);
        if (!isError && !isType && !isChoices) {
            readUsageOrModel(scanner);
            return;
        }
        var kind = scanner.peek();
        var from = scanner.position();
        if (!scanner.skipValue()) {
            // The start of an error is enough to know that there is one.
            error |= isError && kind == '{';
            return;
        }
        if (isError) {
            error |= kind != 'n';
        } else if (isType && kind == '"') {
            type = EventType.of(bytes, from + 1, scanner.position() - 1);
        } else if (isChoices && kind == '[') {
            choicesEmpty = isBlank(from + 1, scanner.position() - 1);
        }
    }

    private void readResponse(JsonScanner scanner) {
        scanner.enterObject();
        while (scanner.nextMember()) {
            readUsageOrModel(scanner);
            if (scanner.failure() != null) {
                return;
            }
        }
    }

    private void readUsageOrModel(JsonScanner scanner) {
        var isUsage = scanner.keyIs(USAGE);
        var isModel = !isUsage && scanner.keyIs(MODEL);
        var kind = scanner.peek();
        var from = scanner.position();
        if (!scanner.skipValue()) {
            return;
        }
        if (isUsage && kind == '{') {
            usageFrom = from;
            usageTo = scanner.position();
        } else if (isModel && kind == '"') {
            modelFrom = from;
            modelTo = scanner.position();
        }
    }

    private boolean isBlank(int from, int to) {
        for (var i = from; i < to; i++) {
            if (bytes[i] > ' ') {
                return false;
            }
        }
        return true;
    }
}
