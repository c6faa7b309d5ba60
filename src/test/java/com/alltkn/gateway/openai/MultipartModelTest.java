package com.alltkn.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.openai.BodyReading.Unreadable;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// In the tables a line's end is written `|`.
class MultipartModelTest {

    private static final String MODEL = "Content-Disposition: form-data; name=\"model\"||whisper|";
    private static final String FILE =
            "Content-Disposition: form-data; name=\"file\"; filename=\"a.wav\"|"
                    + "Content-Type: audio/wav||RIFF\u0000\u00ff--|-- --b|";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--bnd|" + MODEL + "--bnd--|",
                "--bnd|" + MODEL + "--bnd--",
                "--bnd|" + FILE + "--bnd|" + MODEL + "--bnd--|",
                "--bnd|" + MODEL + "--bnd|" + FILE + "--bnd--|",
                "--bnd|content-disposition:form-data;name=\"model\"||whisper|--bnd--|",
                "--bnd|Content-Disposition: form-data; name=\"model\"|Content-Length: 7|"
                        + "Content-Type: text/plain; charset=utf-8|"
                        + "Content-Transfer-Encoding: 8bit||whisper|--bnd--|",
                "--bnd|Content-Disposition: form-data; name=\"file\"; filename=\"\u00c3\u00a9.wav\";"
                        + " filename*=UTF-8''%C3%A9.wav||x|--bnd|"
                        + MODEL
                        + "--bnd--|",
                "--bnd|Content-Disposition: form-data; name=\"timestamp_granularities[]\"||word|"
                        + "--bnd|"
                        + MODEL
                        + "--bnd--|",
                "--bnd|Content-Disposition: form-data; name=\"prompt\"|||--bnd|"
                        + MODEL
                        + "--bnd--|",
            })
    void findsTheModelWhereverThePiecesAreCut(String body) {
        var bytes = bytes(body);

        for (int cut = 0; cut <= bytes.length; cut++) {
            var reader = reader();
            reader.accept(Arrays.copyOfRange(bytes, 0, cut));
            reader.accept(Arrays.copyOfRange(bytes, cut, bytes.length));
            reader.end();

            assertThat(reader.trouble()).isEmpty();
            assertThat(reader.model()).contains("whisper");
        }
    }

    @Test
    void knowsTheModelAsSoonAsItsPartHasEnded() {
        var reader = reader();

        reader.accept(bytes("--bnd|Content-Disposition: form-data; name=\"model\"||whisper"));
        var before = reader.model();
        reader.accept(bytes("-1|--bnd"));

        assertThat(before).isEmpty();
        assertThat(reader.model()).contains("whisper-1");
    }

    @Test
    void findsNoneWhereThereIsNone() {
        var reader = reader();

        reader.accept(bytes("--bnd|" + FILE + "--bnd--|"));
        reader.end();

        assertThat(reader.trouble()).isEmpty();
        assertThat(reader.model()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // names that some parser would take for model
                "form-data; name=model",
                "form-data; name='model'",
                "form-data; name=\"Model\"",
                "form-data; name=\"MODEL\"",
                "form-data; name=\"model \"",
                "form-data; name=\" model\"",
                "form-data; name=\"model[]\"",
                "form-data; name=\"model[0]\"",
                "form-data; name=\"models\"",
                "form-data; name=\"Models[]\"",
                "form-data; name=\"fallbacks[0]\"",
                "form-data; name=\"fallback_models\"",
                "form-data; name=\"model.x\"",
                "form-data; name=\"mo\\del\"",
                "form-data; name=\"mod%65l\"",
                "form-data; name=\"=?utf-8?q?model?=\"",
                "form-data; name=\"m\u00f6del\"",
                "form-data; name=\"_charset_\"",
                "form-data; name*=UTF-8''model",
                "form-data; name=\"x\"; name*=UTF-8''model",
                "form-data; name*0=\"mo\"; name*1=\"del\"",
                "form-data; name=\"x\"; name=\"model\"",
                "form-data; name=\"model\"; name=\"x\"",
                "form-data; Name=\"model\"",
                "form-data; name = \"model\"",
                "form-data; name=\"\"",
                "form-data",
                "form-data; filename=\"x\"",
                "form-data; filename=\"x\"; name=\"model\"",
                "form-data; name=\"x\"; filename=\"a\\\"; name=\\\"model\"",
                "form-data; name=\"x\"; filename=\"a; name=model\"",
                "form-data; name=\"x\"; filename=a",
                "form-data; name=\"model\"; filename=\"a\"",
                "form-data; name=\"model\"; filename*=UTF-8''a",
                "form-data; name=\"x\"; size=1",
                "form-data, name=\"model\"",
                "form-data; name=\"model\";",
                "attachment; name=\"model\"",
                "Form-Data; name=\"model\"",
                "form-data;; name=\"model\"",
                "form-data;\tname=\"model\"",
                "form-data; name=\"model",
                "form-data; name=\"model\u0000\"",
                // lines that some parser would read differently
                "form-data;| name=\"model\"",
                "form-data;|\tname=\"model\"",
                "form-data; name=\"x\"|Content-Disposition: form-data; name=\"model\"",
                "form-data; name=\"x\"|content-disposition : form-data; name=\"model\"",
                "form-data; name=\"x\"| Content-Disposition: form-data; name=\"model\"",
                "form-data; name=\"x\"\nContent-Disposition: form-data; name=\"model\"",
                "form-data; name=\"x\"\rContent-Disposition: form-data; name=\"model\"",
                "form-data; name=\"x\"\n\nContent",
                "form-data; name=\"x\"|no colon",
                "form-data; name=\"x\"|: empty",
                // contents that some parser would decode
                "form-data; name=\"model\"|Content-Type: application/octet-stream",
                "form-data; name=\"model\"|Content-Type: text/plain; charset=utf-16",
                "form-data; name=\"model\"|Content-Type: text/plain; charset=utf-8; charset=utf-7",
                "form-data; name=\"model\"|Content-Transfer-Encoding: base64",
                "form-data; name=\"model\"|Content-Transfer-Encoding: quoted-printable",
                "form-data; name=\"x\"|Content-Type: multipart/mixed; boundary=y",
                "form-data; name=\"x\"|Content-Type: text/plain|Content-Type: audio/wav",
            })
    void refusesAPartThatCouldBeReadDifferently(String disposition) {
        var body =
                "--bnd|" + MODEL + "--bnd|Content-Disposition: " + disposition + "||gpt|--bnd--|";

        assertThat(trouble(body))
                .hasValueSatisfying(
                        t -> assertThat(t.code()).isIn("invalid_multipart", "duplicate_field"));
        assertThat(trouble(body.replace(MODEL + "--bnd|", "")))
                .map(Unreadable::code)
                .contains("invalid_multipart");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "|--bnd|" + MODEL + "--bnd--|",
                "preamble|--bnd|" + MODEL + "--bnd--|",
                "--bnd |" + MODEL + "--bnd--|",
                "--bnd\n" + MODEL + "--bnd--|",
                "--bnd\r\r\n" + MODEL + "--bnd--|",
                "--bnd2|" + MODEL + "--bnd2--|",
                "--BND|" + MODEL + "--BND--|",
                "-bnd|" + MODEL + "-bnd--|",
                "--bnd|" + MODEL,
                "--bnd|" + MODEL + "--bnd",
                "--bnd|" + MODEL + "--bnd-",
                "--bnd|" + MODEL + "--bnd-|",
                "--bnd|" + MODEL + "--bnd --|",
                "--bnd|" + MODEL + "--bnd--|--bnd|",
                "--bnd|" + MODEL + "--bnd--|epilogue",
                "--bnd|" + MODEL + "--bnd--x",
                "--bnd|" + MODEL + "--bnd--\n",
                "--bnd||whisper|--bnd--|",
                "--bnd|||--bnd--|",
                // a boundary that only a lenient parser sees
                "--bnd|"
                        + MODEL
                        + "--bnd|"
                        + "Content-Disposition: form-data; name=\"x\"||"
                        + "a\n--bnd\nContent-Disposition: form-data; name=\"model\"\n\ngpt|--bnd--|",
                "--bnd|"
                        + MODEL
                        + "--bnd|"
                        + "Content-Disposition: form-data; name=\"x\"||"
                        + "a\r--bnd|--bnd--|",
                "--bnd|"
                        + MODEL
                        + "--bnd|"
                        + "Content-Disposition: form-data; name=\"x\"||"
                        + "a--bnd|--bnd--|",
                "--bnd|"
                        + MODEL
                        + "--bnd|"
                        + "Content-Disposition: form-data; name=\"x\"||"
                        + "a|--bndx|--bnd--|",
                "--bnd|"
                        + MODEL
                        + "--bnd|"
                        + "Content-Disposition: form-data; name=\"x\"||"
                        + "--bnd--|",
            })
    void refusesABodyThatCouldBeDividedDifferently(String body) {
        assertThat(trouble(body)).map(Unreadable::code).contains("invalid_multipart");
    }

    @Test
    void refusesASecondModelHoweverLateItComes() {
        var body = "--bnd|" + MODEL + "--bnd|" + FILE + "--bnd|" + MODEL + "--bnd--|";

        assertThat(trouble(body))
                .contains(
                        new Unreadable(
                                "the field model is given twice", "model", "duplicate_field"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                " whisper",
                "whisper ",
                "whisper\n",
                "whis per",
                "w\u00e9",
                "w\u0000"
            })
    void refusesAValueThatIsNoModel(String value) {
        assertThat(trouble("--bnd|" + MODEL.replace("whisper", value) + "--bnd--|"))
                .map(Unreadable::code)
                .contains("invalid_value");
    }

    @Test
    void refusesAValueThatIsTooLong() {
        var longest = "m".repeat(200);

        assertThat(trouble("--bnd|" + MODEL.replace("whisper", longest) + "--bnd--|")).isEmpty();
        assertThat(trouble("--bnd|" + MODEL.replace("whisper", longest + "m") + "--bnd--|"))
                .map(Unreadable::code)
                .contains("invalid_value");
        assertThat(trouble("--bnd|" + MODEL.replace("whisper|", "m".repeat(100_000))))
                .map(Unreadable::code)
                .contains("invalid_value");
    }

    @Test
    void refusesAHeadWithoutEnd() {
        assertThat(trouble("--bnd|x: " + "a".repeat(10_000)))
                .contains(
                        new Unreadable(
                                "the headers of a part are too long", null, "invalid_multipart"));
    }

    @Test
    void findsBoundariesThatBeginWithinTheirOwnBeginning() {
        for (var boundary : new String[] {"----", "--x", "-a-a", "aa-aab", "----a----b"}) {
            var reader =
                    MultipartModel.of("multipart/form-data; boundary=" + boundary).orElseThrow();
            var random = new Random(7);
            var content = new StringBuilder();
            while (content.length() < 5_000) {
                var next = boundary.charAt(random.nextInt(boundary.length()));
                content.append(next);
                if (content.toString().endsWith("--" + boundary)) {
                    content.setLength(content.length() - 1);
                    content.append('|');
                }
            }
            // The last dashes must not run into the boundary.
            content.append("y|");
            var part = "Content-Disposition: form-data; name=\"file\"||" + content;

            var line = "--" + boundary;
            reader.accept(bytes(line + "|" + part + line + "|" + MODEL + line + "--|"));
            reader.end();

            assertThat(reader.trouble()).as(boundary).isEmpty();
            assertThat(reader.model()).contains("whisper");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "multipart/form-data; boundary=abc|",
                "multipart/form-data;boundary=abc|",
                "Multipart/Form-Data; Boundary=abc|",
                "multipart/form-data; boundary=\"abc\"|",
                "multipart/form-data; boundary=\"a:b c=?\"|none",
                "multipart/form-data|none",
                "multipart/form-data; boundary=|none",
                "multipart/form-data; boundary=\"\"|none",
                "multipart/form-data; boundary=a b|none",
                "multipart/form-data; boundary=\"a\\\"b\"|none",
                "multipart/form-data; boundary=abc; boundary=x|none",
                "multipart/form-data; boundary=abc; charset=utf-8|none",
                "multipart/form-data; charset=utf-8; boundary=abc|none",
                "multipart/form-data; x=\"; boundary=x\"; boundary=abc|none",
                "multipart/form-data; boundary*=UTF-8''abc|none",
                "multipart/form-data; boundary*0=abc|none",
                "multipart/form-data, multipart/form-data; boundary=abc|none",
                "multipart/mixed; boundary=abc|none",
            })
    void takesABoundaryThatIsPlain(String contentType, String none) {
        var reader = MultipartModel.of(contentType);

        assertThat(reader.isEmpty()).isEqualTo("none".equals(none));
        reader.ifPresent(found -> {
            found.accept(bytes(("--abc|" + MODEL + "--abc--|")));
            assertThat(found.model()).contains("whisper");
        });
    }

    @Test
    void takesABoundaryOf70CharactersAndNoLongerOne() {
        assertThat(MultipartModel.of("multipart/form-data; boundary=" + "b".repeat(70)))
                .isPresent();
        assertThat(MultipartModel.of("multipart/form-data; boundary=" + "b".repeat(71))).isEmpty();
    }

    @Test
    void refusesMorePartsThanAnyFormHas() {
        var part = "Content-Disposition: form-data; name=\"a\"||x|--bnd|";

        assertThat(trouble("--bnd|" + part.repeat(999) + MODEL + "--bnd--|")).isEmpty();
        assertThat(trouble("--bnd|" + part.repeat(1000) + MODEL + "--bnd--|"))
                .map(Unreadable::message)
                .contains("the body has more than 1000 parts");
    }

    /// Read in the thread's own time, which a busy machine does not stretch: a square of the blanks
    /// would take minutes.
    @Test
    void readsBlanksInAHeadOnce() {
        var head = bytes("--bnd|Content-Type:" + " ".repeat(8000) + "\u0001||x");
        var threads = ManagementFactory.getThreadMXBean();
        var before = threads.getCurrentThreadCpuTime();

        for (int i = 0; i < 1000; i++) {
            var reader = reader();
            reader.accept(head);
            assertThat(reader.trouble()).isPresent();
        }

        assertThat(Duration.ofNanos(threads.getCurrentThreadCpuTime() - before))
                .isLessThan(Duration.ofSeconds(10));
    }

    private static Optional<Unreadable> trouble(String body) {
        var whole = reader();
        whole.accept(bytes(body));
        whole.end();
        var bitByBit = reader();
        for (var octet : bytes(body)) {
            bitByBit.accept(new byte[] {octet});
        }
        bitByBit.end();
        assertThat(bitByBit.trouble()).isEqualTo(whole.trouble());
        return whole.trouble();
    }

    private static MultipartModel reader() {
        return MultipartModel.of("multipart/form-data; boundary=bnd").orElseThrow();
    }

    private static byte[] bytes(String text) {
        return text.replace("|", "\r\n").getBytes(StandardCharsets.ISO_8859_1);
    }
}
