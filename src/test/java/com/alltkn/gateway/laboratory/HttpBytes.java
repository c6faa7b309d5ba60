package com.alltkn.gateway.laboratory;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Reads HTTP/1.1 from a stream and keeps every byte it read.
final class HttpBytes {

    private final InputStream in;
    private final ByteArrayOutputStream seen = new ByteArrayOutputStream();

    HttpBytes(InputStream in) {
        this.in = in;
    }

    /// All bytes since the last call.
    byte[] takeSeen() {
        byte[] bytes = seen.toByteArray();
        seen.reset();
        return bytes;
    }

    /// One line without its end, which is LF or CRLF.
    ///
    /// @throws EOFException where the stream ends first
    String line() throws IOException {
        var line = new ByteArrayOutputStream();
        for (int value = next(); value != '\n'; value = next()) {
            line.write(value);
        }
        String text = line.toString(StandardCharsets.ISO_8859_1);
        return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
    }

    /// Header lines up to the empty one.
    List<Header> headers() throws IOException {
        List<Header> headers = new ArrayList<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            headers.add(Header.parse(line));
        }
        return headers;
    }

    /// Reads so many bytes into the body.
    void bytes(long count, ByteArrayOutputStream body) throws IOException {
        for (long i = 0; i < count; i++) {
            body.write(next());
        }
    }

    /// Reads a chunked body and its trailers; only the content goes into the body.
    void chunks(ByteArrayOutputStream body) throws IOException {
        while (true) {
            String line = line();
            int extension = line.indexOf(';');
            String digits = (extension < 0 ? line : line.substring(0, extension)).strip();
            long size;
            try {
                size = Long.parseLong(digits, 16);
            } catch (NumberFormatException e) {
                throw new IOException("no chunk size: " + line, e);
            }
            if (size == 0) {
                headers();
                return;
            }
            bytes(size, body);
            line();
        }
    }

    /// Reads up to the end of the stream.
    void rest(ByteArrayOutputStream body) throws IOException {
        for (int value = in.read(); value >= 0; value = in.read()) {
            seen.write(value);
            body.write(value);
        }
    }

    private int next() throws IOException {
        int value = in.read();
        if (value < 0) {
            throw new EOFException("the peer closed");
        }
        seen.write(value);
        return value;
    }
}
