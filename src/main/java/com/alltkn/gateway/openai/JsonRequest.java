package com.alltkn.gateway.openai;

import com.alltkn.gateway.openai.OutputLimit.Amount.Exact;
import com.alltkn.gateway.openai.OutputLimit.Amount.Unclear;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
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
            @Nullable String otherModels,
            List<OutputLimit> outputLimits,
            OutputLimit.@Nullable Amount choices,
            OutputLimit.@Nullable Amount candidates,
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

    /// The caller's bytes; not to be changed.
    public byte[] body() {
        return body;
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

    /// Bounds each field that some server may read, and puts one in if none is there that this
    /// operation's does.
    private void cap(OutputCap cap, List<Edit> edits, StringBuilder atStart) {
        var bounded = cap.fields().isEmpty();
        for (var limit : fields.outputLimits()) {
            if (!(limit.amount() instanceof Exact(var tokens)) || tokens > cap.most()) {
                edits.add(Edit.of(limit.from(), limit.to(), Long.toString(cap.most())));
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
    /// @param fields the names of the fields that the operation reads it from, the one that is put
    ///   in first; empty where none bounds it
    /// @param most the most output tokens of one choice
    public record OutputCap(List<String> fields, long most) {

        /// Copies.
        public OutputCap {
            fields = List.copyOf(fields);
        }
    }

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
