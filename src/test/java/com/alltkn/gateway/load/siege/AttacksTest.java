package com.alltkn.gateway.load.siege;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AttacksTest {

    private static final long LARGEST_BODY = 32 * 1024 * 1024;

    static Stream<Attack> attacks() {
        return Attacks.ALL.stream();
    }

    @Test
    void everyAttackHasANameOfItsOwn() {
        assertThat(Attacks.ALL).extracting(Attack::name).doesNotHaveDuplicates();
    }

    /// What is refused for its length alone would show nothing.
    @ParameterizedTest
    @MethodSource("attacks")
    void everyWholeRequestIsShortEnoughToBeRead(Attack attack) {
        assertThat(attack.flows())
                .filteredOn(flow -> flow.then() == Flow.Then.AGAIN)
                .allSatisfy(
                        flow -> assertThat(body(flow.payload())).isLessThanOrEqualTo(LARGEST_BODY));
    }

    @Test
    void aPayloadIsSentAsItIsPutTogether() {
        var payload = Payload.of("head ").then("ab", 40_000).then(" tail");
        var sent = ByteBuffer.allocate((int) payload.length());
        for (var cursor = new Payload.Cursor(payload); cursor.next().hasRemaining(); ) {
            sent.put(cursor.next());
        }

        assertThat(sent.array())
                .isEqualTo(payload.bytes())
                .asString()
                .isEqualTo("head " + "ab".repeat(40_000) + " tail");
    }

    @Test
    void messagesAreReadOneBehindAnotherHoweverTheyAreCut() {
        var text =
                "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
                        + "HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n"
                        + "HTTP/1.1 503 No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        for (var size : List.of(1, 7, text.length())) {
            assertThat(read(text, size)).containsExactly("200 abc", "404 de", "503 ");
        }
    }

    private static List<String> read(String text, int size) {
        var reader = new MessageReader();
        var read = new ArrayList<String>();
        for (var from = 0; from < text.length(); from += size) {
            var piece = text.substring(from, Math.min(text.length(), from + size));
            var bytes = ByteBuffer.wrap(Manners.bytes(piece));
            while (bytes.hasRemaining()) {
                if (reader.read(bytes)) {
                    read.add(reader.status() + " " + reader.body());
                }
            }
        }
        return read;
    }

    /// How long the body is at most, its framing not counted where it is chunked.
    private static long body(Payload payload) {
        var text = new String(payload.parts().getFirst().block(), StandardCharsets.ISO_8859_1);
        return text.contains("transfer-encoding") ? payload.length() / 6 : payload.length();
    }
}
