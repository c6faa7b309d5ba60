package com.alltkn.gateway.openai;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.alltkn.gateway.openai.BodyReading.Unreadable;
import com.alltkn.gateway.openai.JsonRequest.Fields;
import com.alltkn.gateway.openai.JsonRequest.Spans;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
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
    private static final byte[] STREAM_OPTIONS = "stream_options".getBytes(US_ASCII);
    private static final List<byte[]> OTHER_MODEL_KEYS =
            OTHER_MODELS.stream().map(name -> name.getBytes(US_ASCII)).toList();

    /// The kinds of a value, as the first bytes of values.
    private static final String BOOLEAN_OR_NULL = "tfn";

    private static final String STRING_OR_NULL = "\"n";
    private static final String STRING_OBJECT_OR_NULL = "\"{n";
    private static final String ANY_KIND = "tfn\"{[-0123456789";

    private static final Field INCLUDE_USAGE =
            new Field(
                    "include_usage",
                    "stream_options.include_usage",
                    BOOLEAN_OR_NULL,
                    "a boolean",
                    (to, kind, from, end) -> {
                        to.askFrom = from;
                        to.askTo = end;
                        to.usageAsked = kind == 't';
                    });

    /// The fields of which nothing but the value counts, each of which may be there once.
    private static final Field[] FIELDS =
            Stream.concat(
                            Stream.of(
                                    new Field(
                                            "stream",
                                            BOOLEAN_OR_NULL,
                                            "a boolean",
                                            (to, kind, _, _) -> to.stream = kind == 't'),
                                    new Field(
                                            "previous_response_id",
                                            STRING_OR_NULL,
                                            "a string",
                                            (to, kind, _, _) -> to.storedState |= kind == '"'),
                                    new Field(
                                            "conversation",
                                            STRING_OBJECT_OR_NULL,
                                            "a string or an object",
                                            (to, kind, _, _) -> to.storedState |= kind != 'n'),
                                    new Field(
                                            "background",
                                            BOOLEAN_OR_NULL,
                                            "a boolean",
                                            (to, kind, _, _) -> to.storedState |= kind == 't'),
                                    // Elsewhere than in chats and responses it may mean anything.
                                    new Field(
                                            "store",
                                            (to, kind, _, _) ->
                                                    to.store = kind == 'n' ? null : kind != 'f'),
                                    new Field(
                                            "n",
                                            (to, kind, from, end) ->
                                                    to.choices = to.amount(kind, from, end)),
                                    new Field(
                                            "best_of",
                                            (to, kind, from, end) ->
                                                    to.candidates = to.amount(kind, from, end))),
                            Arrays.stream(OutputLimit.Field.values()).map(RequestReader::limit))
                    .toArray(Field[]::new);

    /// Behind the bits of the fields.
    private static final int INCLUDE_USAGE_BIT = 1 << FIELDS.length;

    private final BodyBytes body;
    private final JsonScanner scanner;
    private int members;

    // A bit for each field seen.
    private int seen;
    private @Nullable String model;
    private int modelFrom = -1;
    private int modelTo = -1;
    private boolean stream;
    private int optionsFrom = -1;
    private int optionsTo = -1;
    private boolean optionsNull;
    private boolean optionsEmpty;
    private int askFrom = -1;
    private int askTo = -1;
    private boolean usageAsked;
    private boolean storedState;
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
        if (scanner.keyIs(STREAM_OPTIONS)) {
            return readOptions();
        }
        for (int i = 0; i < FIELDS.length; i++) {
            if (scanner.keyIs(FIELDS[i].key)) {
                return read(FIELDS[i], 1 << i);
            }
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

    private @Nullable Unreadable read(Field field, int bit) {
        if ((seen & bit) != 0) {
            return duplicate(field.name);
        }
        seen |= bit;
        var kind = scanner.peek();
        var from = scanner.position();
        if (!scanner.skipValue()) {
            return malformed();
        }
        if (field.kinds.indexOf(kind) < 0) {
            return wrongType(field.name, field.wanted);
        }
        field.taker.take(this, kind, from, scanner.position());
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
            if (scanner.keyIs(INCLUDE_USAGE.key)) {
                var refusal = read(INCLUDE_USAGE, INCLUDE_USAGE_BIT);
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

    private static Field limit(OutputLimit.Field limit) {
        return new Field(
                limit.word(),
                (to, kind, from, end) ->
                        to.outputLimits.add(
                                new OutputLimit(limit, to.amount(kind, from, end), from, end)));
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

    private static boolean isUnfitForName(int codePoint) {
        return Character.isISOControl(codePoint)
                || (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE);
    }

    /// A field that may be there once.
    private static final class Field {
        final String name;
        final byte[] key;
        final String kinds;
        final String wanted;
        final Taker taker;

        /// One with a value of any kind.
        Field(String name, Taker taker) {
            this(name, ANY_KIND, "any value", taker);
        }

        /// @param kinds the first bytes of the values that it may have
        /// @param wanted what they are, for whoever sends another
        Field(String name, String kinds, String wanted, Taker taker) {
            this(name, name, kinds, wanted, taker);
        }

        /// @param key the name as it stands in its object
        /// @param name the name as a caller is told it
        Field(String key, String name, String kinds, String wanted, Taker taker) {
            this.name = name;
            this.key = key.getBytes(US_ASCII);
            this.kinds = kinds;
            this.wanted = wanted;
            this.taker = taker;
        }
    }

    /// Takes a value over.
    private interface Taker {

        /// @param kind its first byte
        /// @param from where it begins
        /// @param end where it ends
        void take(RequestReader to, byte kind, int from, int end);
    }
}
