package com.alltkn.gateway.image;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/// The readable part of files: of zips, jars, tars and what gzip made, that of all they hold; of
/// anything else that is binary, the rows of letters in it, in one byte each or two.
final class ArtefactTexts {

    private static final int HEAD = 512;
    private static final int TAR_MAGIC = 257;

    /// Shorter rows hold no key.
    private static final int SHORTEST_ROW = 16;

    /// So many that no rule takes a row for the value of a name that the one before ends with.
    private static final String BETWEEN_ROWS = "\n".repeat(6);

    /// A file is looked at by one core only, so a large one becomes several.
    private static final int PIECE = 1 << 20;

    /// The ends of names by which a reader of text would know its language, or a store of keys.
    private static final Pattern TELLING = Pattern.compile(".*(\\.(?:ya?ml|json|p12|pfx))");

    private final Path directory;
    private final Map<String, String> places = new HashMap<>();
    private final Set<String> seen = new HashSet<>();

    private ArtefactTexts(Path directory) {
        this.directory = directory;
    }

    /// Writes the texts of files, those of equal content once.
    ///
    /// @param directory gets a file for each, or several
    /// @return where each is from, by its name
    static Map<String, String> write(List<Path> files, Path directory) throws IOException {
        var texts = new ArtefactTexts(directory);
        for (var file : files) {
            try (var in = Files.newInputStream(file)) {
                texts.read(file.toString(), in);
            }
        }
        return texts.places;
    }

    private void read(String place, InputStream stream) throws IOException {
        var in = new BufferedInputStream(stream, 1 << 16);
        in.mark(HEAD);
        var head = in.readNBytes(HEAD);
        in.reset();
        if (startsWith(head, "PK\3\4")) {
            var zip = new ZipInputStream(in);
            for (var entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                read(place + "!" + entry.getName(), zip);
            }
        } else if (startsWith(head, "\u001f\u008b")) {
            read(place, new GZIPInputStream(in));
        } else if (head.length == HEAD
                && new String(head, TAR_MAGIC, 5, StandardCharsets.ISO_8859_1).equals("ustar")) {
            var tar = new TarArchiveInputStream(in);
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                read(place + "!" + entry.getName(), tar);
            }
        } else {
            leaf(place, in.readAllBytes());
        }
    }

    private void leaf(String place, byte[] bytes) throws IOException {
        if (!seen.add(sha256(bytes))) {
            return;
        }
        var telling = TELLING.matcher(place);
        var end = telling.matches() ? telling.group(1) : ".txt";
        var text = isText(bytes) ? bytes : rows(bytes);
        for (int from = 0, to; from < text.length; from = to) {
            to = endOfPiece(text, from);
            var name = places.size() + end;
            places.put(name, place);
            Files.write(directory.resolve(name), Arrays.copyOfRange(text, from, to));
        }
    }

    /// Between two rows, once there is a piece's length; the end of the text if there is no more.
    private static int endOfPiece(byte[] text, int from) {
        for (var i = from + PIECE; i < text.length; i++) {
            if (text[i] == '\n' && text[i - 1] == '\n') {
                return i + 1;
            }
        }
        return text.length;
    }

    private static boolean isText(byte[] bytes) {
        for (var b : bytes) {
            if (b == 0) {
                return false;
            }
        }
        return true;
    }

    private static byte[] rows(byte[] bytes) {
        var rows = new StringBuilder();
        for (var width = 1; width <= 2; width++) {
            for (var offset = 0; offset < width; offset++) {
                rows(bytes, width, offset, rows);
            }
        }
        return rows.toString().getBytes(StandardCharsets.US_ASCII);
    }

    /// The rows of letters that have each their place in so many bytes.
    private static void rows(byte[] bytes, int width, int offset, StringBuilder rows) {
        var start = rows.length();
        for (var i = offset; i + width <= bytes.length + 1; i += width) {
            var isLetter = i + width <= bytes.length && isLetter(bytes, width, i);
            if (isLetter) {
                rows.append((char) bytes[i]);
            } else if (rows.length() - start < SHORTEST_ROW) {
                rows.setLength(start);
            } else {
                rows.append(BETWEEN_ROWS);
                start = rows.length();
            }
        }
        if (rows.length() - start < SHORTEST_ROW) {
            rows.setLength(start);
        }
    }

    private static boolean isLetter(byte[] bytes, int width, int i) {
        var b = bytes[i];
        return ((b >= ' ' && b < 0x7f) || b == '\n' || b == '\r' || b == '\t')
                && (width == 1 || bytes[i + 1] == 0);
    }

    private static boolean startsWith(byte[] head, String magic) {
        return new String(head, StandardCharsets.ISO_8859_1).startsWith(magic);
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
