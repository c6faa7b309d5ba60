package com.alltkn.gateway.openai;

import com.alltkn.gateway.openai.OutputLimit.Amount.Exact;
import com.alltkn.gateway.openai.OutputLimit.Amount.Unclear;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
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
            @Nullable String otherModels,
            List<OutputLimit> outputLimits,
            OutputLimit.@Nullable Amount choices,
            OutputLimit.@Nullable Amount candidates,
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

    /// A field that names further models, which some aggregators ask in place of the first; empty
    /// if there is none.
    public Optional<String> otherModels() {
        return Optional.ofNullable(fields.otherModels());
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

    /// How many output tokens the caller allows one choice of the answer.
    ///
    /// @param endpoint the operation, which reads fields of its own
    /// @return what they say; empty if they bound nothing, or none is there
    public OptionalLong outputTokens(Endpoint endpoint) {
        var most = OptionalLong.empty();
        for (var limit : fields.outputLimits()) {
            if (endpoint.outputLimitFields().contains(limit.field().word())) {
                if (!(limit.amount() instanceof Exact(var tokens))) {
                    return OptionalLong.empty();
                }
                most = OptionalLong.of(Math.max(tokens, most.orElse(0)));
            }
        }
        return most;
    }

    /// How many answers a model has to write: the choices wanted, or the candidates that they are
    /// picked from. 1 if the caller does not say, or not clearly.
    public long choices() {
        return Math.max(number(fields.choices()), number(fields.candidates()));
    }

    /// Finds a field that bounds nothing for sure: servers differ in what they make of a fraction,
    /// a negative number or a text.
    ///
    /// @param endpoint the operation
    /// @return its name
    public Optional<String> unclearAmount(Endpoint endpoint) {
        if (!endpoint.outputLimitFields().isEmpty()) {
            if (fields.choices() instanceof Unclear) {
                return Optional.of("n");
            }
            if (fields.candidates() instanceof Unclear) {
                return Optional.of("best_of");
            }
        }
        return fields.outputLimits().stream()
                .filter(limit -> limit.amount() instanceof Unclear)
                .map(limit -> limit.field().word())
                .findFirst();
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

    /// Bounds each field that some server may read, and puts one in if none is there that this
    /// operation's does.
    private void cap(OutputCap cap, List<Edit> edits, StringBuilder atStart) {
        var bounded = cap.fields().isEmpty();
        for (var limit : fields.outputLimits()) {
            if (!(limit.amount() instanceof Exact(var tokens)) || tokens > cap.most()) {
                edits.add(new Edit(limit.from(), limit.to(), Long.toString(cap.most())));
            }
            bounded |= cap.fields().contains(limit.field().word());
        }
        if (!bounded) {
            atStart.append('"')
                    .append(cap.fields().getFirst())
                    .append("\":")
                    .append(cap.most())
                    .append(',');
        }
    }

    private static long number(OutputLimit.@Nullable Amount amount) {
        return amount instanceof Exact(var number) ? Math.max(1, number) : 1;
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
    /// @param fields the names of the fields that the operation reads it from, the one that is put
    ///   in first; empty where none bounds it
    /// @param most the most output tokens of one choice
    public record OutputCap(List<String> fields, long most) {

        /// Copies.
        public OutputCap {
            fields = List.copyOf(fields);
        }
    }

    /// A new text for one span of the body.
    private record Edit(int from, int to, String text) {}
}
