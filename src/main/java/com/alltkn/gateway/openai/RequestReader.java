package com.alltkn.gateway.openai;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.alltkn.gateway.openai.BodyReading.Unreadable;
import com.alltkn.gateway.openai.JsonRequest.Fields;
import com.alltkn.gateway.openai.JsonRequest.Spans;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Reads of a JSON body only what the gateway decides by, in one pass and without building anything
/// of the rest. What two readers could understand differently is refused: a field named twice, in
/// any spelling, malformed UTF-8, bytes after the end. The limits are those of depth 128, a million
/// members in all, numbers of 1,000 characters and names of 4,096 bytes.
public final class RequestReader {
    /// Most characters of a model's name; the longest in use have about 100.
    static final int MAX_MODEL = 256;

    /// What some aggregators read beside `model`: whom to ask in its place.
    static final List<String> OTHER_MODELS = List.of("models", "fallbacks", "fallback_models");

    private static final byte[] MODEL = "model".getBytes(US_ASCII);
    private static final byte[] STREAM = "stream".getBytes(US_ASCII);
    private static final byte[] STREAM_OPTIONS = "stream_options".getBytes(US_ASCII);
    private static final byte[] INCLUDE_USAGE = "include_usage".getBytes(US_ASCII);
    private static final byte[] PREVIOUS_RESPONSE = "previous_response_id".getBytes(US_ASCII);
    private static final byte[] CONVERSATION = "conversation".getBytes(US_ASCII);
    private static final byte[] BACKGROUND = "background".getBytes(US_ASCII);
    private static final byte[] STORE = "store".getBytes(US_ASCII);
    private static final byte[] CHOICES = "n".getBytes(US_ASCII);
    private static final List<byte[]> OTHER_MODEL_KEYS =
            OTHER_MODELS.stream().map(name -> name.getBytes(US_ASCII)).toList();
    private static final byte[] CANDIDATES = "best_of".getBytes(US_ASCII);

    private final BodyBytes body;
    private final JsonScanner scanner;
    private int members;
    private @Nullable String model;
    private int modelFrom = -1;
    private int modelTo = -1;
    private boolean streamSeen;
    private boolean stream;
    private int optionsFrom = -1;
    private int optionsTo = -1;
    private boolean optionsNull;
    private boolean optionsEmpty;
    private int askFrom = -1;
    private int askTo = -1;
    private boolean usageAsked;
    private boolean previousSeen;
    private boolean conversationSeen;
    private boolean backgroundSeen;
    private boolean storedState;
    private boolean storeSeen;
    private @Nullable Boolean store;
    private @Nullable String otherModels;
    private final List<OutputLimit> outputLimits = new ArrayList<>(1);
    private OutputLimit.@Nullable Amount choices;
    private OutputLimit.@Nullable Amount candidates;

    private RequestReader(BodyBytes body, BooleanSupplier goOn) {
        this.body = body;
        this.scanner = new JsonScanner(body, goOn);
    }

    /// Reads a whole body. Safe with any bytes; never throws.
    ///
    /// @param body the bytes as the caller sent them, kept by the result
    public static BodyReading read(BodyBytes body) {
        return read(body, () -> true);
    }

    /// Reads a whole body, block by block.
    ///
    /// @param body the bytes as the caller sent them, kept by the result
    /// @param goOn asked between two blocks; after a no the result means nothing
    public static BodyReading read(BodyBytes body, BooleanSupplier goOn) {
        return new RequestReader(body, goOn).read();
    }

    private BodyReading read() {
        if (scanner.atEnd()) {
            return malformed("the body is empty");
        }
        if (scanner.peek() != '{') {
            return malformed(
                    body.at(0) == (byte) 0xEF
                            ? "the body must not start with a byte order mark"
                            : "the body must be a JSON object");
        }
        scanner.enterObject();
        var inside = scanner.position();
        while (scanner.nextMember()) {
            members++;
            var refusal = readMember();
            if (refusal != null) {
                return refusal;
            }
        }
        if (scanner.failure() != null) {
            return malformed();
        }
        if (!scanner.atEnd()) {
            return malformed("the body goes on after its JSON object");
        }
        var spans =
                new Spans(
                        inside,
                        members == 0,
                        modelFrom,
                        modelTo,
                        optionsFrom,
                        optionsTo,
                        optionsNull,
                        optionsEmpty,
                        askFrom,
                        askTo);
        return new JsonRequest(
                body,
                new Fields(
                        model,
                        stream,
                        usageAsked,
                        storedState,
                        store,
                        otherModels,
                        outputLimits,
                        choices,
                        candidates,
                        spans));
    }

    private @Nullable Unreadable readMember() {
        if (scanner.keyIs(MODEL)) {
            return readModel();
        }
        if (scanner.keyIs(STREAM)) {
            return readStream();
        }
        if (scanner.keyIs(STREAM_OPTIONS)) {
            return readOptions();
        }
        if (scanner.keyIs(PREVIOUS_RESPONSE)) {
            return readPreviousResponse();
        }
        if (scanner.keyIs(CONVERSATION)) {
            return readConversation();
        }
        if (scanner.keyIs(BACKGROUND)) {
            return readBackground();
        }
        if (scanner.keyIs(STORE)) {
            return readStore();
        }
        for (var field : OutputLimit.Field.values()) {
            if (scanner.keyIs(field.key())) {
                return readOutputLimit(field);
            }
        }
        if (scanner.keyIs(CHOICES)) {
            return readChoices();
        }
        if (scanner.keyIs(CANDIDATES)) {
            return readCandidates();
        }
        for (var key : OTHER_MODEL_KEYS) {
            if (scanner.keyIs(key)) {
                otherModels = scanner.key();
            }
        }
        return scanner.skipValue() ? null : malformed();
    }

    private @Nullable Unreadable readModel() {
        if (modelFrom >= 0) {
            return duplicate("model");
        }
        var kind = scanner.peek();
        modelFrom = scanner.position();
        if (!scanner.skipValue()) {
            return malformed();
        }
        modelTo = scanner.position();
        if (kind == 'n') {
            return null;
        }
        if (kind != '"') {
            return wrongType("model", "a string");
        }
        // No character takes more than six bytes, so a longer value need not be decoded to be
        // refused.
        if (modelTo - modelFrom - 2 > 6 * MAX_MODEL) {
            return tooLong();
        }
        var name = scanner.text(modelFrom, modelTo);
        if (name.isBlank()) {
            return new Unreadable("model must not be empty", "model", "invalid_value");
        }
        if (name.length() > MAX_MODEL) {
            return tooLong();
        }
        if (name.codePoints().anyMatch(RequestReader::isUnfitForName)) {
            return new Unreadable(
                    "model must not hold control characters", "model", "invalid_value");
        }
        model = name;
        return null;
    }

    private @Nullable Unreadable readStream() {
        if (streamSeen) {
            return duplicate("stream");
        }
        streamSeen = true;
        var kind = scanner.peek();
        if (!scanner.skipValue()) {
            return malformed();
        }
        if (!isBooleanOrNull(kind)) {
            return wrongType("stream", "a boolean");
        }
        stream = kind == 't';
        return null;
    }

    private @Nullable Unreadable readOptions() {
        if (optionsFrom >= 0) {
            return duplicate("stream_options");
        }
        var kind = scanner.peek();
        optionsFrom = scanner.position();
        if (kind != '{') {
            if (!scanner.skipValue()) {
                return malformed();
            }
            optionsTo = scanner.position();
            optionsNull = kind == 'n';
            return optionsNull ? null : wrongType("stream_options", "an object");
        }
        scanner.enterObject();
        optionsEmpty = true;
        while (scanner.nextMember()) {
            optionsEmpty = false;
            if (scanner.keyIs(INCLUDE_USAGE)) {
                var refusal = readIncludeUsage();
                if (refusal != null) {
                    return refusal;
                }
            } else if (!scanner.skipValue()) {
                return malformed();
            }
        }
        optionsTo = scanner.position();
        return scanner.failure() == null ? null : malformed();
    }

    private @Nullable Unreadable readIncludeUsage() {
        if (askFrom >= 0) {
            return duplicate("stream_options.include_usage");
        }
        var kind = scanner.peek();
        askFrom = scanner.position();
        if (!scanner.skipValue()) {
            return malformed();
        }
        askTo = scanner.position();
        if (!isBooleanOrNull(kind)) {
            return wrongType("stream_options.include_usage", "a boolean");
        }
        usageAsked = kind == 't';
        return null;
    }

    private @Nullable Unreadable readPreviousResponse() {
        if (previousSeen) {
            return duplicate("previous_response_id");
        }
        previousSeen = true;
        var kind = scanner.peek();
        if (!scanner.skipValue()) {
            return malformed();
        }
        if (kind != '"' && kind != 'n') {
            return wrongType("previous_response_id", "a string");
        }
        storedState |= kind == '"';
        return null;
    }

    private @Nullable Unreadable readConversation() {
        if (conversationSeen) {
            return duplicate("conversation");
        }
        conversationSeen = true;
        var kind = scanner.peek();
        if (!scanner.skipValue()) {
            return malformed();
        }
        if (kind != '"' && kind != '{' && kind != 'n') {
            return wrongType("conversation", "a string or an object");
        }
        storedState |= kind != 'n';
        return null;
    }

    private @Nullable Unreadable readBackground() {
        if (backgroundSeen) {
            return duplicate("background");
        }
        backgroundSeen = true;
        var kind = scanner.peek();
        if (!scanner.skipValue()) {
            return malformed();
        }
        if (!isBooleanOrNull(kind)) {
            return wrongType("background", "a boolean");
        }
        storedState |= kind == 't';
        return null;
    }

    private @Nullable Unreadable readStore() {
        if (storeSeen) {
            return duplicate("store");
        }
        storeSeen = true;
        var kind = scanner.peek();
        if (!scanner.skipValue()) {
            return malformed();
        }
        // Elsewhere than in chats and responses this name may mean anything.
        store = kind == 'n' ? null : kind != 'f';
        return null;
    }

    private @Nullable Unreadable readOutputLimit(OutputLimit.Field field) {
        if (outputLimits.stream().anyMatch(limit -> limit.field() == field)) {
            return duplicate(field.word());
        }
        var kind = scanner.peek();
        var from = scanner.position();
        if (!scanner.skipValue()) {
            return malformed();
        }
        var to = scanner.position();
        outputLimits.add(new OutputLimit(field, amount(kind, from, to), from, to));
        return null;
    }

    private @Nullable Unreadable readChoices() {
        if (choices != null) {
            return duplicate("n");
        }
        var kind = scanner.peek();
        var from = scanner.position();
        if (!scanner.skipValue()) {
            return malformed();
        }
        choices = amount(kind, from, scanner.position());
        return null;
    }

    private @Nullable Unreadable readCandidates() {
        if (candidates != null) {
            return duplicate("best_of");
        }
        var kind = scanner.peek();
        var from = scanner.position();
        if (!scanner.skipValue()) {
            return malformed();
        }
        candidates = amount(kind, from, scanner.position());
        return null;
    }

    private OutputLimit.Amount amount(byte kind, int from, int to) {
        return kind == 'n' || isNumber(kind)
                ? OutputLimit.Amount.of(scanner.written(from, to))
                : new OutputLimit.Amount.Unclear();
    }

    private static boolean isNumber(byte kind) {
        return kind == '-' || (kind >= '0' && kind <= '9');
    }

    private Unreadable malformed() {
        var failure = scanner.failure();
        return malformed(
                switch (failure) {
                    case TRUNCATED -> "the body ends before its JSON does";
                    case ENCODING -> "the body is not valid UTF-8";
                    case DEPTH ->
                            "the body is nested deeper than " + JsonScanner.MAX_DEPTH + " levels";
                    case MEMBERS ->
                            "the body holds more than "
                                    + JsonScanner.MAX_MEMBERS
                                    + " names of members";
                    case NUMBER ->
                            "the body holds a number of more than "
                                    + JsonScanner.MAX_NUMBER
                                    + " characters";
                    case NAME ->
                            "the body holds a name of more than " + JsonScanner.MAX_NAME + " bytes";
                    case SYNTAX -> "the body is not valid JSON";
                    case null -> "the body is not valid JSON";
                });
    }

    private static Unreadable malformed(String message) {
        return new Unreadable(message, null, "invalid_json");
    }

    private static Unreadable duplicate(String field) {
        return new Unreadable(field + " is named more than once", field, "duplicate_field");
    }

    private static Unreadable wrongType(String field, String wanted) {
        return new Unreadable(field + " must be " + wanted, field, "invalid_type");
    }

    private static Unreadable tooLong() {
        return new Unreadable(
                "model is longer than " + MAX_MODEL + " characters", "model", "invalid_value");
    }

    private static boolean isBooleanOrNull(byte kind) {
        return kind == 't' || kind == 'f' || kind == 'n';
    }

    private static boolean isUnfitForName(int codePoint) {
        return Character.isISOControl(codePoint)
                || (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE);
    }
}
