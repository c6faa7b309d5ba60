package com.alltkn.gateway.openai;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// A JSON body with the few fields the gateway looks at. The bytes are the caller's own; only
/// `edited` makes others.
public final class JsonRequest implements BodyReading {
    private static final byte[] NO_EDIT = {};

    private final byte[] body;
    private final Fields fields;

    /// Where the fields stand that `edited` may change, as byte offsets into the body; -1 where a
    /// field is absent.
    ///
    /// @param inside the byte after the opening brace
    /// @param empty whether the object has no members
    /// @param modelFrom start of the value of `model`
    /// @param modelTo end of it
    /// @param optionsFrom start of the value of `stream_options`
    /// @param optionsTo end of it
    /// @param optionsNull whether that value is `null`
    /// @param optionsEmpty whether that value is an object without members
    /// @param askFrom start of the value of `include_usage`
    /// @param askTo end of it
    record Spans(
            int inside,
            boolean empty,
            int modelFrom,
            int modelTo,
            int optionsFrom,
            int optionsTo,
            boolean optionsNull,
            boolean optionsEmpty,
            int askFrom,
            int askTo) {}

    /// The values read.
    record Fields(
            @Nullable String model,
            boolean stream,
            boolean usageAsked,
            boolean namesStoredState,
            Spans spans) {}

    JsonRequest(byte[] body, Fields fields) {
        this.body = body;
        this.fields = fields;
    }

    /// The model the caller named; null if none.
    public @Nullable String model() {
        return fields.model();
    }

    /// Whether the answer is to come as events.
    public boolean stream() {
        return fields.stream();
    }

    /// Whether the caller asked for the usage chunk (`stream_options.include_usage`).
    public boolean usageAsked() {
        return fields.usageAsked();
    }

    /// Whether the request reads or leaves state in the upstream account: a previous response, a
    /// conversation, or a response that goes on in the background.
    public boolean namesStoredState() {
        return fields.namesStoredState();
    }

    /// The caller's bytes; not to be changed.
    public byte[] body() {
        return body;
    }

    /// The body with another model, or with the usage chunk asked for, or both; every other byte
    /// stays as it was.
    ///
    /// @param newModel the model to put in; null leaves what is there
    /// @param askForUsage whether `stream_options.include_usage` is to be `true`; `false` leaves
    ///   what is there
    /// @return the same array if nothing changes, else a new one
    public byte[] edited(@Nullable String newModel, boolean askForUsage) {
        var changesModel = newModel != null && !newModel.equals(fields.model());
        var changesUsage = askForUsage && !fields.usageAsked();
        if (!changesModel && !changesUsage) {
            return body;
        }
        var spans = fields.spans();
        var atStart = new StringBuilder();
        var model = Edit.NONE;
        var usage = Edit.NONE;
        if (changesModel && newModel != null) {
            var value =
                    '"' + new String(JsonStringEncoder.getInstance().quoteAsString(newModel)) + '"';
            if (spans.modelFrom() < 0) {
                atStart.append("\"model\":").append(value).append(',');
            } else {
                model = Edit.of(spans.modelFrom(), spans.modelTo(), value);
            }
        }
        if (changesUsage) {
            if (spans.optionsFrom() < 0) {
                atStart.append("\"stream_options\":{\"include_usage\":true},");
            } else {
                usage = usageEdit(spans);
            }
        }
        if (spans.empty() && !atStart.isEmpty()) {
            atStart.setLength(atStart.length() - 1);
        }
        var insertion = Edit.of(spans.inside(), spans.inside(), atStart.toString());
        return model.from() <= usage.from()
                ? apply(insertion, model, usage)
                : apply(insertion, usage, model);
    }

    private static Edit usageEdit(Spans spans) {
        if (spans.optionsNull()) {
            return Edit.of(spans.optionsFrom(), spans.optionsTo(), "{\"include_usage\":true}");
        }
        if (spans.askFrom() >= 0) {
            return Edit.of(spans.askFrom(), spans.askTo(), "true");
        }
        var inside = spans.optionsFrom() + 1;
        return Edit.of(
                inside, inside, "\"include_usage\":true" + (spans.optionsEmpty() ? "" : ","));
    }

    /// Replaces three spans that stand in this order and do not overlap.
    private byte[] apply(Edit first, Edit second, Edit third) {
        var result = new byte[body.length + first.growth() + second.growth() + third.growth()];
        var read = 0;
        var written = 0;
        for (var edit : new Edit[] {first, second, third}) {
            if (edit.isNone()) {
                continue;
            }
            System.arraycopy(body, read, result, written, edit.from() - read);
            written += edit.from() - read;
            System.arraycopy(edit.bytes(), 0, result, written, edit.bytes().length);
            written += edit.bytes().length;
            read = edit.to();
        }
        System.arraycopy(body, read, result, written, body.length - read);
        return result;
    }

    /// New bytes for one span of the body.
    private record Edit(int from, int to, byte[] bytes) {
        static final Edit NONE = new Edit(0, 0, NO_EDIT);

        static Edit of(int from, int to, String text) {
            return new Edit(from, to, text.getBytes(StandardCharsets.UTF_8));
        }

        boolean isNone() {
            return from == to && bytes.length == 0;
        }

        int growth() {
            return bytes.length - (to - from);
        }
    }
}
