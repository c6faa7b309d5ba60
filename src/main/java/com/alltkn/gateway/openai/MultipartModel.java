package com.alltkn.gateway.openai;

import com.alltkn.gateway.openai.BodyReading.Unreadable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Finds the field `model` in a `multipart/form-data` body (RFC 7578) that passes by in pieces, and
/// sees to it that no other parser could find another: what the grammar leaves open, what common
/// parsers are known to read differently and what they forgive is refused. The clients in use write
/// one form, which is taken: CRLF everywhere, a quoted `name` first in each `Content-Disposition`,
/// nothing before the first boundary or behind the last.
///
/// Holds no more than the head of a part. After an error it takes no more.
public final class MultipartModel {

    private static final int LONGEST_HEAD = 8 * 1024;
    private static final int LONGEST_MODEL = 200;

    /// Far more than any form has, and few enough that their heads cost an event loop nothing.
    private static final int MOST_PARTS = 1000;

    /// One parameter and no other: which of two boundaries counts differs. RFC 2046 allows 70
    /// characters.
    private static final Pattern CONTENT_TYPE =
            Pattern.compile(
                    "(?i:multipart/form-data) ?; ?(?i:boundary)="
                            + "(?:([A-Za-z0-9'+_.-]{1,70})|\"([A-Za-z0-9'()+_,./:=?-]{1,70})\")");

    private static final Pattern HEADER =
            Pattern.compile("([A-Za-z0-9-]++):[ \t]*+([^\\x00-\\x1f\\x7f]*+)");

    /// No backslash, for some take it for an escape and some for itself; no semicolon, for some
    /// split there before they look at quotes.
    private static final Pattern DISPOSITION =
            Pattern.compile(
                    "form-data; ?name=\"([A-Za-z0-9_.\\[\\]-]{1,100})\""
                            + "(; ?filename=\"[^\"\\\\;]*\")?(; ?filename\\*=[^\"\\\\; ]+)?");

    private static final Pattern TEXT =
            Pattern.compile("(?i)text/plain(; ?charset=\"?(utf-8|us-ascii)\"?)?");
    private static final Pattern AS_IT_IS = Pattern.compile("(?i)7bit|8bit|binary");
    private static final Pattern MODEL = Pattern.compile("[!-~]{1," + LONGEST_MODEL + "}");

    private final byte[] dashBoundary;
    private final int[] borders;
    private final StringBuilder text = new StringBuilder();

    private State state = State.FIRST_BOUNDARY;
    private @Nullable String model;
    private @Nullable Unreadable trouble;
    private boolean inModel;
    private int parts;

    // Of the search for the boundary in a part's content: how many of its bytes were seen last, and
    // the two bytes before them.
    private int matched;
    private int before;

    private MultipartModel(String boundary) {
        dashBoundary = ("--" + boundary).getBytes(StandardCharsets.US_ASCII);
        borders = borders(dashBoundary);
    }

    /// @param contentType the value of the only `Content-Type` header
    /// @return a reader for the body; empty if it does not say plainly what the boundary is
    public static Optional<MultipartModel> of(String contentType) {
        var match = CONTENT_TYPE.matcher(contentType);
        if (!match.matches()) {
            return Optional.empty();
        }
        return Optional.of(
                new MultipartModel(match.group(1) != null ? match.group(1) : match.group(2)));
    }

    /// @return what is to be told of a `Content-Type` that there is no reader for
    public static Unreadable unclearBoundary() {
        return unclear("content-type must be multipart/form-data with a boundary and nothing else");
    }

    /// Reads on.
    ///
    /// @param piece the next bytes of the body
    public void accept(byte[] piece) {
        for (int i = 0; i < piece.length && trouble == null; i++) {
            accept(piece[i] & 0xff);
        }
    }

    /// Tells that the body has come to its end.
    public void end() {
        if (trouble == null && state != State.CLOSED && state != State.AFTER_CLOSED) {
            trouble = unclear("the body ends before its closing boundary");
        }
    }

    /// @return the value of `model`, once it was read to its end
    public Optional<String> model() {
        return inModel ? Optional.empty() : Optional.ofNullable(model);
    }

    /// @return why the body must not be passed on
    public Optional<Unreadable> trouble() {
        return Optional.ofNullable(trouble);
    }

    private void accept(int octet) {
        switch (state) {
            case FIRST_BOUNDARY -> firstBoundary(octet);
            case BOUNDARY_END -> boundaryEnd(octet);
            case HEAD -> head(octet);
            case CONTENT -> content(octet);
            case CLOSED -> closed(octet);
            case AFTER_CLOSED -> refuse("the body goes on behind its closing boundary");
        }
    }

    private void firstBoundary(int octet) {
        if (octet != dashBoundary[matched]) {
            refuse("the body does not begin with its boundary");
        } else if (++matched == dashBoundary.length) {
            matched = 0;
            state = State.BOUNDARY_END;
        }
    }

    private void boundaryEnd(int octet) {
        text.append((char) octet);
        if (text.length() < 2) {
            return;
        }
        switch (text.toString()) {
            case "\r\n" -> state = State.HEAD;
            case "--" -> state = State.CLOSED;
            default -> refuse("a boundary is followed by something else than a line's end");
        }
        text.setLength(0);
    }

    private void closed(int octet) {
        text.append((char) octet);
        if (!"\r\n".startsWith(text.toString())) {
            refuse("the body goes on behind its closing boundary");
        } else if (text.length() == 2) {
            state = State.AFTER_CLOSED;
        }
    }

    private void head(int octet) {
        text.append((char) octet);
        var length = text.length();
        if (length > LONGEST_HEAD) {
            refuse("the headers of a part are too long");
        } else if (length >= 4 && text.indexOf("\r\n\r\n", length - 4) >= 0) {
            var lines = text.substring(0, length - 4);
            text.setLength(0);
            part(lines);
        } else if (length == 2 && text.charAt(0) == '\r') {
            refuse("a part has no headers");
        }
    }

    private void part(String head) {
        if (++parts > MOST_PARTS) {
            refuse("the body has more than " + MOST_PARTS + " parts");
            return;
        }
        var disposition = new ArrayList<String>();
        var type = new ArrayList<String>();
        var encoding = new ArrayList<String>();
        for (var line : head.split("\r\n", -1)) {
            // A line that is folded, or ended by a bare CR or LF, is no header either.
            var header = HEADER.matcher(line);
            if (!header.matches()) {
                refuse("the headers of a part cannot be read");
                return;
            }
            switch (header.group(1).toLowerCase(Locale.ROOT)) {
                case "content-disposition" -> disposition.add(header.group(2));
                case "content-type" -> type.add(header.group(2));
                case "content-transfer-encoding" -> encoding.add(header.group(2));
                default -> {}
            }
        }
        var named = DISPOSITION.matcher(disposition.isEmpty() ? "" : disposition.getFirst());
        if (disposition.size() != 1 || !named.matches()) {
            refuse("a part does not say plainly what its name is");
        } else if (type.size() > 1
                || encoding.size() > 1
                || type.stream().anyMatch(t -> t.regionMatches(true, 0, "multipart", 0, 9))) {
            refuse("a part does not say plainly what its content is");
        } else {
            begin(named.group(1), named.group(2) != null || named.group(3) != null, type, encoding);
        }
    }

    private void begin(
            String name, boolean file, ArrayList<String> type, ArrayList<String> encoding) {
        var lower = name.toLowerCase(Locale.ROOT);
        var plain =
                !file
                        && type.stream().allMatch(t -> TEXT.matcher(t).matches())
                        && encoding.stream().allMatch(e -> AS_IT_IS.matcher(e).matches());
        var base = lower.split("[\\[.]", 2)[0];
        if (base.equals("_charset_")
                || RequestReader.OTHER_MODELS.contains(base)
                || (base.equals("model") && (!name.equals("model") || !plain))) {
            refuse("a part could be taken for the field model");
            return;
        }
        inModel = name.equals("model");
        if (inModel && model != null) {
            trouble = new Unreadable("the field model is given twice", "model", "duplicate_field");
            return;
        }
        state = State.CONTENT;
        matched = 0;
        before = 0;
    }

    /// The boundary may stand in a content only where it ends it; any other place of it is one that
    /// some parser would end the part at.
    private void content(int octet) {
        if (inModel) {
            text.append((char) octet);
            if (text.length() > LONGEST_MODEL + dashBoundary.length + 2) {
                refuseModel();
                return;
            }
        }
        while (matched > 0 && octet != dashBoundary[matched]) {
            fallBack();
        }
        if (octet == dashBoundary[matched]) {
            matched++;
        } else {
            before = (before << 8 | octet) & 0xffff;
        }
        if (matched == dashBoundary.length) {
            matched = 0;
            endContent();
        }
    }

    /// The bytes matched so far were content: the longest end of them that is also a beginning of
    /// the boundary is kept.
    private void fallBack() {
        var length = borders[matched];
        for (int i = 0; i < matched - length; i++) {
            before = (before << 8 | (dashBoundary[i] & 0xff)) & 0xffff;
        }
        matched = length;
    }

    /// For each beginning of a text, how long its longest end is that is also a beginning of it, as
    /// the search by Knuth, Morris and Pratt wants it: no content is read twice.
    private static int[] borders(byte[] text) {
        var borders = new int[text.length + 1];
        var length = 0;
        for (int end = 1; end < text.length; end++) {
            while (length > 0 && text[end] != text[length]) {
                length = borders[length];
            }
            if (text[end] == text[length]) {
                length++;
            }
            borders[end + 1] = length;
        }
        return borders;
    }

    private void endContent() {
        if (before != ('\r' << 8 | '\n')) {
            refuse("a boundary stands within a line");
            return;
        }
        state = State.BOUNDARY_END;
        if (inModel) {
            var end = text.length() - dashBoundary.length - 2;
            var value = text.substring(0, Math.max(0, end));
            text.setLength(0);
            inModel = false;
            if (MODEL.matcher(value).matches()) {
                model = value;
            } else {
                refuseModel();
            }
        }
    }

    private void refuseModel() {
        trouble =
                new Unreadable(
                        "the field model must be the name of a model", "model", "invalid_value");
    }

    private void refuse(String message) {
        trouble = unclear(message);
    }

    private static Unreadable unclear(String message) {
        return new Unreadable(message, null, "invalid_multipart");
    }

    private enum State {
        FIRST_BOUNDARY,
        BOUNDARY_END,
        HEAD,
        CONTENT,
        CLOSED,
        AFTER_CLOSED
    }
}
