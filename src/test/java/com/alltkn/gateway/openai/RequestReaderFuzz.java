package com.alltkn.gateway.openai;

import static com.fasterxml.jackson.core.JsonToken.START_OBJECT;
import static com.fasterxml.jackson.core.JsonToken.VALUE_FALSE;
import static com.fasterxml.jackson.core.JsonToken.VALUE_NULL;
import static com.fasterxml.jackson.core.JsonToken.VALUE_STRING;
import static com.fasterxml.jackson.core.JsonToken.VALUE_TRUE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.openai.StrictJson.Member;
import com.fasterxml.jackson.core.JsonToken;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A body is accepted exactly if it is one JSON object in which the fields that the gateway reads
/// are named once and fit; then it is read as a strict parser reads it, and an edit changes nothing
/// else. Reading takes linear time.
public final class RequestReaderFuzz {

    private static final String NEXT = "next/模型:1";
    private static final Set<JsonToken> FLAG = Set.of(VALUE_TRUE, VALUE_FALSE, VALUE_NULL);

    /// What each field may be; the model's text is looked at too.
    private static final Map<String, Set<JsonToken>> FIELDS =
            Map.of(
                    "model", Set.of(VALUE_STRING, VALUE_NULL),
                    "stream", FLAG,
                    "stream_options", Set.of(START_OBJECT, VALUE_NULL),
                    "previous_response_id", Set.of(VALUE_STRING, VALUE_NULL),
                    "conversation", Set.of(VALUE_STRING, START_OBJECT, VALUE_NULL),
                    "background", FLAG);

    private static final int LARGE = 256 * 1024;
    private static final Duration AT_MOST = Duration.ofSeconds(1);

    private RequestReaderFuzz() {}

    /// Fails if something does not hold for these bytes.
    public static void check(byte[] body) {
        var reading = RequestReader.read(BodyBytes.of(body));
        checkBlocks(body, reading);
        var members = StrictJson.object(body);
        switch (reading) {
            case JsonRequest request -> {
                assertThat(members).isPresent();
                assertThat(fit(members.get())).isTrue();
                checkValues(request, members.get());
                checkEdits(body, request, members.get());
            }
            case BodyReading.Unreadable unreadable -> {
                if (isLimit(unreadable)) {
                    assertThat(body.length).isGreaterThan(JsonScanner.MAX_DEPTH);
                } else {
                    assertThat(members.filter(RequestReaderFuzz::fit)).isEmpty();
                }
            }
        }
        if (Arrays.hashCode(body) % 256 == 0) {
            checkTime(body);
        }
    }

    private static void checkValues(JsonRequest request, List<Member> members) {
        assertThat(request.model()).isEqualTo(model(members));
        assertThat(request.stream()).isEqualTo(isTrue(members, "stream"));
        assertThat(request.usageAsked()).isEqualTo(usageAsked(members));
        assertThat(request.namesStoredState())
                .isEqualTo(
                        find(members, "previous_response_id").filter(m -> !isNull(m)).isPresent()
                                || find(members, "conversation").filter(m -> !isNull(m)).isPresent()
                                || isTrue(members, "background"));
    }

    /// Where blocks end means nothing.
    private static void checkBlocks(byte[] body, BodyReading whole) {
        var again = RequestReader.read(BodyBytes.of(body, 1 + body.length % 7));
        if (whole instanceof JsonRequest) {
            assertThat(again).isInstanceOf(JsonRequest.class);
        } else {
            assertThat(again).isEqualTo(whole);
        }
    }

    private static void checkEdits(byte[] body, JsonRequest request, List<Member> members) {
        var text = new String(body, UTF_8);
        for (var model : new String[] {null, NEXT, request.model()}) {
            for (var asks : new boolean[] {false, true}) {
                var edited = bytes(request.edited(model, asks, null));

                assertThat(new String(edited, UTF_8)).isEqualTo(edited(text, members, model, asks));
                if (RequestReader.read(BodyBytes.of(edited)) instanceof JsonRequest again) {
                    assertThat(again.model()).isEqualTo(model == null ? request.model() : model);
                    assertThat(again.usageAsked()).isEqualTo(asks || request.usageAsked());
                    assertThat(again.stream()).isEqualTo(request.stream());
                } else {
                    throw new AssertionError("the edited body cannot be read");
                }
            }
        }
    }

    private static byte[] bytes(List<Buffer> buffers) {
        var all = Buffer.buffer();
        buffers.forEach(all::appendBuffer);
        return all.getBytes();
    }

    /// The text with replacements at the places where the strict parser saw the fields.
    private static String edited(
            String text, List<Member> members, @Nullable String model, boolean asks) {
        var edits = new TreeMap<Integer, Edit>();
        var added = "";
        if (model != null && !model.equals(model(members))) {
            var value = '"' + model + '"';
            var field = find(members, "model");
            field.ifPresent(m -> edits.put(m.from(), new Edit(m.to(), value)));
            added += field.isPresent() ? "" : "\"model\":" + value + ",";
        }
        if (asks && !usageAsked(members)) {
            var field = find(members, "stream_options");
            field.ifPresent(m -> edits.put(optionsFrom(m), optionsEdit(m)));
            added += field.isPresent() ? "" : "\"stream_options\":{\"include_usage\":true},";
        }
        if (members.isEmpty() && !added.isEmpty()) {
            added = added.substring(0, added.length() - 1);
        }
        var inside = text.indexOf('{') + 1;
        edits.put(inside, new Edit(inside, added));
        var result = new StringBuilder(text);
        edits.descendingMap().forEach((from, edit) -> result.replace(from, edit.to, edit.text));
        return result.toString();
    }

    private static int optionsFrom(Member options) {
        return find(options.inner(), "include_usage")
                .map(Member::from)
                .orElse(isNull(options) ? options.from() : options.from() + 1);
    }

    private static Edit optionsEdit(Member options) {
        if (isNull(options)) {
            return new Edit(options.to(), "{\"include_usage\":true}");
        }
        return find(options.inner(), "include_usage")
                .map(asked -> new Edit(asked.to(), "true"))
                .orElse(
                        new Edit(
                                options.from() + 1,
                                "\"include_usage\":true" + (options.inner().isEmpty() ? "" : ",")));
    }

    private static boolean fit(List<Member> members) {
        for (var field : FIELDS.entrySet()) {
            var named = members.stream().filter(m -> m.name().equals(field.getKey())).toList();
            if (named.size() > 1
                    || named.stream().anyMatch(m -> !field.getValue().contains(m.kind()))) {
                return false;
            }
        }
        var asked =
                find(members, "stream_options").map(Member::inner).orElse(List.of()).stream()
                        .filter(m -> m.name().equals("include_usage"))
                        .toList();
        return asked.size() <= 1
                && asked.stream().allMatch(m -> FLAG.contains(m.kind()))
                && find(members, "model").filter(m -> !isNull(m)).stream()
                        .allMatch(m -> isName(m.text()));
    }

    private static boolean isName(String text) {
        return !text.isEmpty()
                && text.length() <= RequestReader.MAX_MODEL
                && text.codePoints()
                        .noneMatch(c ->
                                Character.isISOControl(c)
                                        || Character.getType(c) == Character.SURROGATE);
    }

    private static @Nullable String model(List<Member> members) {
        return find(members, "model").filter(m -> !isNull(m)).map(Member::text).orElse(null);
    }

    private static boolean usageAsked(List<Member> members) {
        return find(members, "stream_options")
                .map(options -> isTrue(options.inner(), "include_usage"))
                .orElse(false);
    }

    private static boolean isTrue(List<Member> members, String name) {
        return find(members, name).filter(m -> m.kind() == VALUE_TRUE).isPresent();
    }

    private static boolean isNull(Member member) {
        return member.kind() == VALUE_NULL;
    }

    private static Optional<Member> find(List<Member> members, String name) {
        return members.stream().filter(m -> m.name().equals(name)).findFirst();
    }

    private static boolean isLimit(BodyReading.Unreadable unreadable) {
        return unreadable.code().equals("invalid_json")
                && unreadable.message().matches(".*(nested deeper|of more) than.*");
    }

    /// Counted in the thread's own time, which a busy machine does not stretch.
    private static void checkTime(byte[] body) {
        var large = new ByteArrayOutputStream(LARGE);
        large.writeBytes("{\"x\":[0".getBytes(UTF_8));
        while (large.size() < LARGE) {
            large.write(',');
            large.writeBytes(body);
        }
        var threads = ManagementFactory.getThreadMXBean();
        var before = threads.getCurrentThreadCpuTime();

        var _ = RequestReader.read(BodyBytes.of(large.toByteArray()));

        assertThat(Duration.ofNanos(threads.getCurrentThreadCpuTime() - before))
                .isLessThan(AT_MOST);
    }

    private record Edit(int to, String text) {}
}
