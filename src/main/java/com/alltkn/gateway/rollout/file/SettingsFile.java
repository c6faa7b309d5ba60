package com.alltkn.gateway.rollout.file;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;

/// How settings are written in files.
final class SettingsFile {

    private static final Pattern LINE =
            Pattern.compile("(?:export\\s+)?([A-Za-z_][A-Za-z0-9_]*)\\s*=\\s*(.*)");

    private SettingsFile() {}

    /// A file of its own per setting: the whole content is the value, without one line end at its
    /// end, which editors and `echo` leave there.
    static Map<String, Object> ofFiles(Map<String, byte[]> files) throws MalformedException {
        var fields = new HashMap<String, Object>();
        for (var file : files.entrySet()) {
            fields.put(file.getKey(), withoutLineEnd(text(file.getValue(), file.getKey())));
        }
        return fields;
    }

    /// One file of `NAME=value` lines. Blank lines and lines that begin with `#` are skipped,
    /// `export` in front is allowed, and a pair of quotes around the value is taken off. Nothing is
    /// expanded and nothing continues on the next line.
    static Map<String, Object> ofLines(byte[] bytes) throws MalformedException {
        var fields = new HashMap<String, Object>();
        var lines = text(bytes, "the file").lines().toList();
        for (var i = 0; i < lines.size(); i++) {
            var line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            var match = LINE.matcher(line);
            if (!match.matches()) {
                throw new MalformedException("line " + (i + 1) + " is not NAME=value");
            }
            if (fields.put(match.group(1), unquoted(match.group(2))) != null) {
                throw new MalformedException(
                        "line " + (i + 1) + " names " + match.group(1) + " a second time");
            }
        }
        return fields;
    }

    private static String text(byte[] bytes, String what) throws MalformedException {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new MalformedException(what + " is not UTF-8");
        }
    }

    private static String withoutLineEnd(String text) {
        if (text.endsWith("\r\n")) {
            return text.substring(0, text.length() - 2);
        }
        return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    }

    private static String unquoted(String value) {
        var quoted =
                value.length() >= 2
                        && (value.startsWith("\"") || value.startsWith("'"))
                        && value.charAt(0) == value.charAt(value.length() - 1);
        return quoted ? value.substring(1, value.length() - 1) : value;
    }

    /// The content is not settings at all. The message says where, never what stands there.
    static final class MalformedException extends Exception {
        MalformedException(String message) {
            super(message, null, false, false);
        }
    }
}
