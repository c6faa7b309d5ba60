package com.alltkn.gateway.openai;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.openai.BodyReading.Unreadable;
import io.vertx.core.buffer.Buffer;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestReaderTest {

    private static JsonRequest request(String body) {
        return (JsonRequest) RequestReader.read(BodyBytes.of(body.getBytes(UTF_8)));
    }

    private static Unreadable refusal(String body) {
        return (Unreadable) RequestReader.read(BodyBytes.of(body.getBytes(UTF_8)));
    }

    @Test
    void readsTheFieldsItDecidesBy() {
        var request =
                request(
                        """
                        {"messages":[{"role":"user","content":"hi"}],"model":"vendor/M-x:free",
                         "stream":true,"stream_options":{"other":1,"include_usage":true}}
                        """);

        assertThat(request.model()).isEqualTo("vendor/M-x:free");
        assertThat(request.stream()).isTrue();
        assertThat(request.usageAsked()).isTrue();
        assertThat(request.namesStoredState()).isFalse();
    }

    @Test
    void takesNullAsAbsent() {
        var request =
                request(
                        "{\"model\":null,\"stream\":null,\"stream_options\":null,"
                                + "\"previous_response_id\":null,\"conversation\":null,"
                                + "\"background\":null}");

        assertThat(request.model()).isNull();
        assertThat(request.stream()).isFalse();
        assertThat(request.usageAsked()).isFalse();
        assertThat(request.namesStoredState()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"previous_response_id\":\"resp_1\"}",
                "{\"conversation\":\"conv_1\"}",
                "{\"conversation\":{\"id\":\"conv_1\"}}",
                "{\"background\":true}",
                "{\"b\\u0061ckground\":true}"
            })
    void seesThatStoredStateIsNamed(String body) {
        assertThat(request(body).namesStoredState()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | true | false",
                "{\"store\":null} | true | false",
                "{\"store\":false} | false | false",
                "{\"store\":true} | true | true",
                "{\"st\\u006fre\":false} | false | false",
                "{\"store\":\"what\"} | true | true"
            })
    void readsWhetherSomethingIsToBeStored(String body, boolean asResponse, boolean asChat) {
        assertThat(request(body).stores(true)).isEqualTo(asResponse);
        assertThat(request(body).stores(false)).isEqualTo(asChat);
    }

    @Test
    void readsOnlyTheOutermostMembers() {
        var request =
                request(
                        "{\"metadata\":{\"model\":\"x\",\"stream\":true,\"background\":true},"
                                + "\"input\":\"\\\"model\\\":\\\"y\\\"\"}");

        assertThat(request.model()).isNull();
        assertThat(request.stream()).isFalse();
        assertThat(request.namesStoredState()).isFalse();
    }

    @Test
    void readsAnEscapedNameAndAnEscapedValue() {
        assertThat(request("{\"m\\u006fdel\":\"a\\/b\\u0041\\\"\"}").model()).isEqualTo("a/bA\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"model\":1}|model|invalid_type|model must be a string",
                "{\"model\":{}}|model|invalid_type|model must be a string",
                "{\"model\":\"\"}|model|invalid_value|model must not be empty",
                "{\"model\":\"a\\u0000\"}|model|invalid_value|model must not hold control characters",
                "{\"model\":\"a\\ud800\"}|model|invalid_value|model must not hold control characters",
                "{\"stream\":\"true\"}|stream|invalid_type|stream must be a boolean",
                "{\"stream\":1}|stream|invalid_type|stream must be a boolean",
                "{\"stream_options\":[]}|stream_options|invalid_type|stream_options must be an object",
                "{\"stream_options\":{\"include_usage\":0}}|stream_options.include_usage"
                        + "|invalid_type|stream_options.include_usage must be a boolean",
                "{\"background\":\"yes\"}|background|invalid_type|background must be a boolean",
                "{\"conversation\":1}|conversation|invalid_type"
                        + "|conversation must be a string or an object",
                "{\"previous_response_id\":{}}|previous_response_id|invalid_type"
                        + "|previous_response_id must be a string",
                "{\"model\":\"a\",\"model\":\"a\"}|model|duplicate_field|model is named more than once",
                "{\"model\":null,\"\\u006dodel\":\"b\"}|model|duplicate_field"
                        + "|model is named more than once",
                "{\"stream\":true,\"stre\\u0061m\":true}|stream|duplicate_field"
                        + "|stream is named more than once",
                "{\"stream_options\":null,\"stream_options\":{}}|stream_options|duplicate_field"
                        + "|stream_options is named more than once",
                "{\"stream_options\":{\"include_usage\":true,\"\\u0069nclude_usage\":false}}"
                        + "|stream_options.include_usage|duplicate_field"
                        + "|stream_options.include_usage is named more than once",
                "{\"store\":false,\"store\":true}|store|duplicate_field|store is named more than once",
                "{\"background\":false,\"background\":true}|background|duplicate_field"
                        + "|background is named more than once",
                "{\"conversation\":null,\"conversation\":null}|conversation|duplicate_field"
                        + "|conversation is named more than once",
                "{\"previous_response_id\":null,\"previous_response_id\":\"x\"}"
                        + "|previous_response_id|duplicate_field"
                        + "|previous_response_id is named more than once",
            })
    void refusesAFieldThatIsNotClear(String body, String param, String code, String message) {
        assertThat(refusal(body)).isEqualTo(new Unreadable(message, param, code));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``|the body is empty",
                "` \n`|the body is empty",
                "[]|the body must be a JSON object",
                "\"model\"|the body must be a JSON object",
                "null|the body must be a JSON object",
                "`\uFEFF{}`|the body must not start with a byte order mark",
                "{}{}|the body goes on after its JSON object",
                "{} x|the body goes on after its JSON object",
                "{|the body ends before its JSON does",
                "{\"a\":\"|the body ends before its JSON does",
                "{\"stream_options\":{|the body ends before its JSON does",
                "{\"a\":1,}|the body is not valid JSON",
                "{,}|the body is not valid JSON",
                "{'a':1}|the body is not valid JSON",
                "{\"a\":NaN}|the body is not valid JSON",
                "{\"a\":01}|the body is not valid JSON",
                "{\"a\":+1}|the body is not valid JSON",
                "{\"a\":1.}|the body is not valid JSON",
                "{\"a\":/**/1}|the body is not valid JSON",
                "{\"stream\":nul}|the body is not valid JSON",
            })
    void refusesABodyThatIsNotOneJsonObject(String body, String message) {
        assertThat(refusal(body)).isEqualTo(new Unreadable(message, null, "invalid_json"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u00C0\u00AE",
                "\u00ED\u00A0\u0080",
                "\u00F4\u0090\u0080\u0080",
                "\u0080",
                "\u00E4\u00BD"
            })
    void refusesMalformedUtf8(String bytes) {
        var body = ("{\"a\":\"" + bytes + "\"}").getBytes(ISO_8859_1);

        assertThat(RequestReader.read(BodyBytes.of(body)))
                .isEqualTo(new Unreadable("the body is not valid UTF-8", null, "invalid_json"));
    }

    @Test
    void refusesWhatIsTooDeepOrTooLong() {
        assertThat(refusal("{\"a\":" + "[".repeat(200)).message())
                .isEqualTo("the body is nested deeper than 128 levels");
        assertThat(refusal("{\"a\":" + "9".repeat(2000) + "}").message())
                .isEqualTo("the body holds a number of more than 1000 characters");
        assertThat(refusal("{\"" + "k".repeat(5000) + "\":1}").message())
                .isEqualTo("the body holds a name of more than 4096 bytes");
        assertThat(refusal("{\"model\":\"" + "m".repeat(257) + "\"}").message())
                .isEqualTo("model is longer than 256 characters");
        assertThat(refusal("{\"model\":\"" + "m".repeat(9000) + "\"}").message())
                .isEqualTo("model is longer than 256 characters");
        assertThat(request("{\"model\":\"" + "m".repeat(256) + "\"}").model()).hasSize(256);
    }

    @Test
    void refusesEveryCutOfABody() {
        var body =
                "{\"model\":\"m\",\"stream_options\":{\"include_usage\":true},\"n\":[1,\"é\"]}"
                        .getBytes(UTF_8);

        for (var end = 0; end < body.length; end++) {
            assertThat(RequestReader.read(BodyBytes.of(Arrays.copyOf(body, end))))
                    .isInstanceOf(Unreadable.class);
        }
    }

    @Test
    void neverThrowsWhateverTheBytes() {
        var random = new Random(3);
        for (var round = 0; round < 50_000; round++) {
            var body = new byte[random.nextInt(40)];
            random.nextBytes(body);
            if (body.length > 0) {
                body[0] = '{';
            }

            assertThat(RequestReader.read(BodyBytes.of(body))).isNotNull();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{}|{\"model\":\"new\"}|{\"stream_options\":{\"include_usage\":true}}"
                        + "|{\"model\":\"new\",\"stream_options\":{\"include_usage\":true}}",
                "` { \"n\": 1.50 } `|` {\"model\":\"new\", \"n\": 1.50 } `"
                        + "|` {\"stream_options\":{\"include_usage\":true}, \"n\": 1.50 } `"
                        + "|` {\"model\":\"new\",\"stream_options\":{\"include_usage\":true}, \"n\": 1.50 } `",
                "{\"model\" : \"old\",\"x\":1E5}|{\"model\" : \"new\",\"x\":1E5}"
                        + "|{\"stream_options\":{\"include_usage\":true},\"model\" : \"old\",\"x\":1E5}"
                        + "|{\"stream_options\":{\"include_usage\":true},\"model\" : \"new\",\"x\":1E5}",
                "{\"model\":null}|{\"model\":\"new\"}"
                        + "|{\"stream_options\":{\"include_usage\":true},\"model\":null}"
                        + "|{\"stream_options\":{\"include_usage\":true},\"model\":\"new\"}",
                "{\"stream_options\":null,\"model\":\"o\"}|{\"stream_options\":null,\"model\":\"new\"}"
                        + "|{\"stream_options\":{\"include_usage\":true},\"model\":\"o\"}"
                        + "|{\"stream_options\":{\"include_usage\":true},\"model\":\"new\"}",
                "{\"model\":\"o\",\"stream_options\":{ }}|{\"model\":\"new\",\"stream_options\":{ }}"
                        + "|{\"model\":\"o\",\"stream_options\":{\"include_usage\":true }}"
                        + "|{\"model\":\"new\",\"stream_options\":{\"include_usage\":true }}",
                "{\"stream_options\":{\"a\":0},\"model\":\"o\"}"
                        + "|{\"stream_options\":{\"a\":0},\"model\":\"new\"}"
                        + "|{\"stream_options\":{\"include_usage\":true,\"a\":0},\"model\":\"o\"}"
                        + "|{\"stream_options\":{\"include_usage\":true,\"a\":0},\"model\":\"new\"}",
                "{\"stream_options\":{\"include_usage\": false}}"
                        + "|{\"model\":\"new\",\"stream_options\":{\"include_usage\": false}}"
                        + "|{\"stream_options\":{\"include_usage\": true}}"
                        + "|{\"model\":\"new\",\"stream_options\":{\"include_usage\": true}}",
            })
    void changesOnlyWhatItMust(String body, String model, String usage, String both) {
        var request = request(body);

        assertThat(text(request.edited("new", false, null))).isEqualTo(model);
        assertThat(text(request.edited(null, true, null))).isEqualTo(usage);
        assertThat(text(request.edited("new", true, null))).isEqualTo(both);
        assertThat(request(text(request.edited("new", true, null))).usageAsked()).isTrue();
    }

    @Test
    void sharesTheBytesWhenNothingChanges() {
        var bytes =
                "{\"model\":\"m\\u0041\",\"stream_options\":{\"include_usage\":true}}"
                        .getBytes(UTF_8);
        var request = (JsonRequest) RequestReader.read(BodyBytes.of(bytes));

        var same = request.edited("mA", true, null);
        bytes[0] = '[';

        assertThat(text(same)).startsWith("[").hasSize(bytes.length);
        assertThat(text(request.edited(null, false, null))).isEqualTo(text(same));
    }

    @Test
    void escapesTheModelItPutsIn() {
        var edited = request("{\"a\":\"é\"}").edited("q\"\\\u0001모", false, null);

        assertThat(text(edited)).isEqualTo("{\"model\":\"q\\\"\\\\\\u0001모\",\"a\":\"é\"}");
    }

    @Test
    void sharesAllOfALargeBodyButWhatChanges() {
        var prompt = "p".repeat(3 * BodyBytes.BLOCK);
        var body = new BodyBytes(Long.MAX_VALUE);
        body.append(Buffer.buffer("{\"model\":\"old\",\"prompt\":\"" + prompt + "\"}"));
        var request = (JsonRequest) RequestReader.read(body);

        var edited = request.edited("new", false, null);

        assertThat(text(edited)).isEqualTo("{\"model\":\"new\",\"prompt\":\"" + prompt + "\"}");
        assertThat(edited).hasSize(6).allMatch(piece -> piece.length() <= BodyBytes.BLOCK);
    }

    /// Wherever blocks end, whatever ends there.
    @Test
    void readsTheSameHoweverShortTheBlocksAre() {
        var bodies =
                new String[] {
                    "{\"messages\":[{\"r\":\"é你😀\\u4f60\\n\"},true,null,-1.5e+10], \"m\\u006fdel\":\"vé\","
                            + "\"stream\":true, \"stream_options\" : {\"include_usage\":false},"
                            + "\"max_tokens\":12}",
                    "{\"model\":\"a\",\"\\u006dodel\":\"b\"}",
                    "{\"a\":\"\u0001\"}",
                    "{\"a\":nule}",
                    "{\"a\":1.}",
                    "{\"a\":\"\\u00",
                    "[\"é\"]",
                };
        for (var body : bodies) {
            var bytes = body.getBytes(UTF_8);
            for (var block = 1; block <= bytes.length; block++) {
                var whole = RequestReader.read(BodyBytes.of(bytes));
                var pieces = RequestReader.read(BodyBytes.of(bytes, block));

                if (whole instanceof JsonRequest one && pieces instanceof JsonRequest other) {
                    assertThat(other.model()).isEqualTo(one.model());
                    assertThat(other.outputTokens(Endpoint.CREATE_CHAT_COMPLETION))
                            .isEqualTo(one.outputTokens(Endpoint.CREATE_CHAT_COMPLETION));
                    assertThat(text(other.edited("x", true, null)))
                            .isEqualTo(text(one.edited("x", true, null)));
                } else {
                    assertThat(pieces).isEqualTo(whole);
                }
            }
        }
    }

    @Test
    void refusesMalformedUtf8HoweverShortTheBlocksAre() {
        for (var bytes :
                new String[] {
                    "\u00C0\u00AE", "\u00ED\u00A0\u0080", "\u00E4\u00BD", "\u00F4\u0090\u0080\u0080"
                }) {
            var body = ("{\"a\":\"é" + bytes + "\"}").getBytes(ISO_8859_1);
            body[6] = (byte) 'e';
            for (var block = 1; block <= body.length; block++) {
                assertThat(RequestReader.read(BodyBytes.of(body, block)))
                        .isEqualTo(
                                new Unreadable(
                                        "the body is not valid UTF-8", null, "invalid_json"));
            }
        }
    }

    /// A dozen look-ups ask for the name of each outermost member.
    @Test
    void decodesANameOnce() {
        var name = "\\u0061".repeat(500);
        var body =
                BodyBytes.of(
                        ("{" + ("\"" + name + "\":0,").repeat(1000) + "\"a\":0}").getBytes(UTF_8));
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        assertThat(RequestReader.read(body)).isInstanceOf(JsonRequest.class);
        var before = threads.getCurrentThreadAllocatedBytes();

        assertThat(RequestReader.read(body)).isInstanceOf(JsonRequest.class);

        var perName = (threads.getCurrentThreadAllocatedBytes() - before) / 1000;
        assertThat(perName).isLessThan(4L * name.length());
    }

    @Test
    void refusesMoreMembersThanAnyHonestBodyHas() {
        var member = "{\"\":0},";

        var most = request("{\"a\":[" + member.repeat(JsonScanner.MAX_MEMBERS - 1) + "0]}");
        var tooMany = refusal("{\"a\":[" + member.repeat(JsonScanner.MAX_MEMBERS) + "0]}");

        assertThat(most.model()).isNull();
        assertThat(tooMany)
                .isEqualTo(
                        new Unreadable(
                                "the body holds more than 1000000 names of members",
                                null,
                                "invalid_json"));
    }

    @Test
    void takesAHundredThousandMessages() {
        var message = "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]},";

        var request = request("{\"messages\":[" + message.repeat(100_000) + "0],\"model\":\"m\"}");

        assertThat(request.model()).isEqualTo("m");
    }

    @Test
    void stopsBetweenTwoBlocksWhenItIsToldTo() {
        var asked = new AtomicInteger();
        var body = BodyBytes.of("{\"a\":\"0123456789\"}".getBytes(UTF_8), 4);

        var reading = RequestReader.read(body, () -> asked.incrementAndGet() < 3);

        assertThat(asked).hasValue(3);
        assertThat(reading).isInstanceOf(Unreadable.class);
    }

    private static String text(List<Buffer> buffers) {
        var all = Buffer.buffer();
        buffers.forEach(all::appendBuffer);
        return all.toString(UTF_8);
    }
}
