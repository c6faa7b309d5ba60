package com.alltkn.gateway.openai;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// A JSON body with the few fields the gateway looks at. The bytes are the caller's own; only
/// `edited` puts others between them.
public final class JsonRequest implements BodyReading {

    private final BodyBytes body;
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

    JsonRequest(BodyBytes body, Fields fields) {
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

    /// The length of the body, in bytes.
    public int length() {
        return body.length();
    }

    /// Whether what is made is to be stored.
    ///
    /// @param unasked whether it is where the body does not say
    public boolean stores(boolean unasked) {
        var store = fields.store();
        return store == null ? unasked : store;
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
    /// @return the bytes in order, in one buffer if that is not large; what does not change is
    ///   shared, not copied
    public List<Buffer> edited(
            @Nullable String newModel, boolean askForUsage, @Nullable OutputCap cap) {
        var edits = new ArrayList<Edit>(3);
        var atStart = new StringBuilder();
        var spans = fields.spans();
        if (newModel != null && !newModel.equals(fields.model())) {
            var value =
                    '"' + new String(JsonStringEncoder.getInstance().quoteAsString(newModel)) + '"';
            if (spans.modelFrom() < 0) {
                atStart.append("\"model\":").append(value).append(',');
            } else {
                edits.add(new Edit(spans.modelFrom(), spans.modelTo(), value));
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
            edits.add(new Edit(spans.inside(), spans.inside(), atStart.toString()));
        }
        return edits.isEmpty() ? body.buffers() : apply(edits);
    }

    private void cap(OutputCap cap, List<Edit> edits, StringBuilder atStart) {
        for (var limit : fields.outputLimits()) {
            // A null bounds nothing, and neither does a number that means "no bound" somewhere.
            if (limit.tokens().isEmpty()
                    || limit.tokens().getAsLong() > cap.most()
                    || limit.tokens().getAsLong() < 0) {
                edits.add(new Edit(limit.from(), limit.to(), Long.toString(cap.most())));
            }
        }
        if (fields.outputLimits().isEmpty()) {
            atStart.append('"').append(cap.field()).append("\":").append(cap.most()).append(',');
        }
    }

    private static Edit usageEdit(Spans spans) {
        if (spans.optionsNull()) {
            return new Edit(spans.optionsFrom(), spans.optionsTo(), "{\"include_usage\":true}");
        }
        if (spans.askFrom() >= 0) {
            return new Edit(spans.askFrom(), spans.askTo(), "true");
        }
        var inside = spans.optionsFrom() + 1;
        return new Edit(
                inside, inside, "\"include_usage\":true" + (spans.optionsEmpty() ? "" : ","));
    }

    /// Replaces spans that do not overlap.
    private List<Buffer> apply(List<Edit> edits) {
        edits.sort(Comparator.comparingInt(Edit::from));
        var result = new ArrayList<Buffer>();
        var read = 0;
        for (var edit : edits) {
            result.addAll(body.buffers(read, edit.from()));
            result.add(Buffer.buffer(edit.text()));
            read = edit.to();
        }
        result.addAll(body.buffers(read, body.length()));
        return body.length() > BodyBytes.BLOCK ? result : List.of(joined(result));
    }

    private Buffer joined(List<Buffer> buffers) {
        var all = Buffer.buffer(buffers.stream().mapToInt(Buffer::length).sum());
        buffers.forEach(all::appendBuffer);
        return all;
    }

    /// A bound that the gateway sets on an answer.
    ///
    /// @param field the name of the field that bounds it, where the caller named none
    /// @param most the most output tokens of one choice
    public record OutputCap(String field, long most) {}

    /// A new text for one span of the body.
    private record Edit(int from, int to, String text) {}
}
