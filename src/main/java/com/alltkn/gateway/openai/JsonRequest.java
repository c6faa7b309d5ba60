package com.alltkn.gateway.openai;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// A JSON body with the few fields the gateway looks at. The bytes are the caller's own; only
/// `edited` makes others.
public final class JsonRequest implements BodyReading {

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
            @Nullable Boolean store,
            List<OutputLimit> outputLimits,
            long choices,
            Spans spans) {

        Fields {
            outputLimits = List.copyOf(outputLimits);
        }
    }

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

    /// Whether what is made is to be stored.
    ///
    /// @param unasked whether it is where the body does not say
    public boolean stores(boolean unasked) {
        var store = fields.store();
        return store == null ? unasked : store;
    }

    /// The caller's bytes; not to be changed.
    public byte[] body() {
        return body;
    }

    /// How many output tokens the caller allows one choice of the answer; empty if it does not say.
    public OptionalLong outputTokens() {
        return fields.outputLimits().stream()
                .map(OutputLimit::tokens)
                .flatMapToLong(OptionalLong::stream)
                .max();
    }

    /// How many choices the answer is to have, 1 if the caller does not say.
    public long choices() {
        return fields.choices();
    }

    /// The body with another model, with the usage chunk asked for, with bounded output, or all of
    /// it; every other byte stays as it was.
    ///
    /// @param newModel the model to put in; null leaves what is there
    /// @param askForUsage whether `stream_options.include_usage` is to be `true`; `false` leaves
    ///   what is there
    /// @param cap the bound of its output; null leaves what is there
    /// @return the same array if nothing changes, else a new one
    public byte[] edited(@Nullable String newModel, boolean askForUsage, @Nullable OutputCap cap) {
        var edits = new ArrayList<Edit>(3);
        var atStart = new StringBuilder();
        var spans = fields.spans();
        if (newModel != null && !newModel.equals(fields.model())) {
            var value =
                    '"' + new String(JsonStringEncoder.getInstance().quoteAsString(newModel)) + '"';
            if (spans.modelFrom() < 0) {
                atStart.append("\"model\":").append(value).append(',');
            } else {
                edits.add(Edit.of(spans.modelFrom(), spans.modelTo(), value));
            }
        }
        if (askForUsage && !fields.usageAsked()) {
            if (spans.optionsFrom() < 0) {
                atStart.append("\"stream_options\":{\"include_usage\":true},");
            } else {
                edits.add(usageEdit(spans));
            }
        }
        if (cap != null) {
            cap(cap, edits, atStart);
        }
        if (!atStart.isEmpty()) {
            if (spans.empty()) {
                atStart.setLength(atStart.length() - 1);
            }
            edits.add(Edit.of(spans.inside(), spans.inside(), atStart.toString()));
        }
        return edits.isEmpty() ? body : apply(edits);
    }

    private void cap(OutputCap cap, List<Edit> edits, StringBuilder atStart) {
        for (var limit : fields.outputLimits()) {
            // A null bounds nothing, and neither does a number that means "no bound" somewhere.
            if (limit.tokens().isEmpty()
                    || limit.tokens().getAsLong() > cap.most()
                    || limit.tokens().getAsLong() < 0) {
                edits.add(Edit.of(limit.from(), limit.to(), Long.toString(cap.most())));
            }
        }
        if (fields.outputLimits().isEmpty()) {
            atStart.append('"').append(cap.field()).append("\":").append(cap.most()).append(',');
        }
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

    /// Replaces spans that do not overlap.
    private byte[] apply(List<Edit> edits) {
        edits.sort(Comparator.comparingInt(Edit::from));
        var result = new byte[body.length + edits.stream().mapToInt(Edit::growth).sum()];
        var read = 0;
        var written = 0;
        for (var edit : edits) {
            System.arraycopy(body, read, result, written, edit.from() - read);
            written += edit.from() - read;
            System.arraycopy(edit.bytes(), 0, result, written, edit.bytes().length);
            written += edit.bytes().length;
            read = edit.to();
        }
        System.arraycopy(body, read, result, written, body.length - read);
        return result;
    }

    /// A bound that the gateway sets on an answer.
    ///
    /// @param field the name of the field that bounds it, where the caller named none
    /// @param most the most output tokens of one choice
    public record OutputCap(String field, long most) {}

    /// New bytes for one span of the body.
    private record Edit(int from, int to, byte[] bytes) {
        static Edit of(int from, int to, String text) {
            return new Edit(from, to, text.getBytes(StandardCharsets.UTF_8));
        }

        int growth() {
            return bytes.length - (to - from);
        }
    }
}
