package com.alltkn.gateway.openai;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// An independent reading of JSON: characters decoded by the JDK's strict decoder, then Jackson.
/// Its limits are above those of [JsonScanner].
final class StrictJson {

    private static final JsonFactory JACKSON =
            JsonFactory.builder()
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNestingDepth(2 * JsonScanner.MAX_DEPTH)
                                    .maxNumberLength(10 * JsonScanner.MAX_NUMBER)
                                    .build())
                    .build();

    private StrictJson() {}

    /// A member of an object.
    ///
    /// @param text of a string, else empty
    /// @param from where its value starts, in characters
    /// @param to where it ends
    /// @param inner its own members, where it is an object in the outermost one
    record Member(String name, JsonToken kind, String text, int from, int to, List<Member> inner) {}

    static Optional<String> decoded(byte[] text) {
        try {
            return Optional.of(UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    /// The members of a text that is one object; empty if it is anything else.
    static Optional<List<Member>> object(byte[] text) {
        return decoded(text).flatMap(StrictJson::object);
    }

    private static Optional<List<Member>> object(String text) {
        try (var parser = JACKSON.createParser(text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return Optional.empty();
            }
            var members = members(parser, true);
            return parser.nextToken() == null ? Optional.of(members) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /// Whether a text is one value that shows its own end.
    static boolean isDelimited(byte[] text) {
        var decoded = decoded(text);
        if (decoded.isEmpty()) {
            return false;
        }
        try (var parser = JACKSON.createParser(decoded.get())) {
            var first = parser.nextToken();
            if (first == null || (first.isScalarValue() && first != JsonToken.VALUE_STRING)) {
                return false;
            }
            parser.skipChildren();
            parser.finishToken();
            return parser.nextToken() == null;
        } catch (IOException e) {
            return false;
        }
    }

    private static List<Member> members(JsonParser parser, boolean outermost) throws IOException {
        var members = new ArrayList<Member>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            var name = parser.currentName();
            var kind = parser.nextToken();
            var from = (int) parser.currentTokenLocation().getCharOffset();
            var text = kind == JsonToken.VALUE_STRING ? parser.getText() : "";
            var inner = List.<Member>of();
            if (outermost && kind == JsonToken.START_OBJECT) {
                inner = members(parser, false);
            } else {
                parser.skipChildren();
                parser.finishToken();
            }
            var to = (int) parser.currentLocation().getCharOffset();
            members.add(new Member(name, kind, text, from, to, inner));
        }
        return members;
    }
}
