package com.alltkn.gateway.laboratory;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/// A client that sends exactly the bytes it is given and shows exactly the bytes that came back.
public final class RawHttp implements AutoCloseable {

    private final Socket socket;
    private final InputStream in;
    private final HttpBytes bytes;

    private RawHttp(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
        this.bytes = new HttpBytes(in);
    }

    /// Connects to a port of 127.0.0.1.
    public static RawHttp connect(int port) throws IOException {
        var socket = new Socket(InetAddress.getByName("127.0.0.1"), port);
        socket.setTcpNoDelay(true);
        return new RawHttp(socket);
    }

    /// A POST of JSON with the headers that every request needs; further header lines as given.
    public static String post(String path, String body, String... headers) {
        return request("POST", path, body, headers);
    }

    /// A request with `host`, `content-type` and `content-length`, and further header lines as
    /// given.
    public static String request(String method, String path, String body, String... headers) {
        var text = new StringBuilder(method + " " + path + " HTTP/1.1\r\nhost: localhost\r\n");
        for (String header : headers) {
            text.append(header).append("\r\n");
        }
        if (!body.isEmpty()) {
            text.append("content-type: application/json\r\ncontent-length: ")
                    .append(body.getBytes(StandardCharsets.UTF_8).length)
                    .append("\r\n");
        }
        return text.append("\r\n").append(body).toString();
    }

    /// Sends a text as UTF-8 in one write.
    public RawHttp send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.UTF_8));
    }

    /// Sends the bytes in one write.
    public RawHttp send(byte[] content) throws IOException {
        socket.getOutputStream().write(content);
        socket.getOutputStream().flush();
        return this;
    }

    /// Reads one answer, an interim one too, to a request that is no HEAD.
    ///
    /// @throws EOFException where the server closes before the head is whole
    /// @throws SocketTimeoutException where nothing comes for so long
    public RawResponse read(Duration silence) throws IOException {
        limit(silence);
        bytes.takeSeen();
        String statusLine = bytes.line();
        List<Header> headers = bytes.headers();
        bytes.takeSeen();
        var head = new RawResponse(statusLine, headers, new byte[0], new byte[0], true, false);
        var body = new ByteArrayOutputStream();
        boolean complete = true;
        boolean closed = false;
        try {
            closed = readBody(head, body);
        } catch (EOFException | SocketException e) {
            complete = false;
            closed = true;
        }
        return new RawResponse(
                statusLine, headers, bytes.takeSeen(), body.toByteArray(), complete, closed);
    }

    /// Reads up to and including a text, to see a stream while it is still going on.
    public String readUntil(String end, Duration silence) throws IOException {
        limit(silence);
        byte[] wanted = end.getBytes(StandardCharsets.UTF_8);
        var read = new ByteArrayOutputStream();
        while (!endsWith(read.toByteArray(), wanted)) {
            int value = in.read();
            if (value < 0) {
                throw new EOFException("closed after: " + read.toString(StandardCharsets.UTF_8));
            }
            read.write(value);
        }
        return read.toString(StandardCharsets.UTF_8);
    }

    /// Reads so many bytes of whatever comes and forgets them.
    ///
    /// @throws EOFException where the server closes first
    public void skip(long count, Duration silence) throws IOException {
        limit(silence);
        in.skipNBytes(count);
    }

    /// Reads every byte until the server closes; a reset counts as that.
    public byte[] readToEnd(Duration silence) throws IOException {
        limit(silence);
        var read = new ByteArrayOutputStream();
        try {
            for (int value = in.read(); value >= 0; value = in.read()) {
                read.write(value);
            }
        } catch (SocketException e) {
            return read.toByteArray();
        }
        return read.toByteArray();
    }

    /// Whether there is something to read, or the connection's end.
    public boolean hasAnswer() throws IOException {
        limit(Duration.ofMillis(1));
        in.mark(1);
        try {
            if (in.read() >= 0) {
                in.reset();
            }
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException e) {
            return true;
        }
    }

    /// Whether the server closes or resets within the time without sending anything more.
    public boolean closedByServer(Duration limit) throws IOException {
        limit(limit);
        try {
            return in.read() < 0;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException e) {
            return true;
        }
    }

    /// Says that nothing more will be sent; answers can still be read.
    public void closeOutput() throws IOException {
        socket.shutdownOutput();
    }

    /// Leaves by RST.
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /// Returns whether the end of the connection was the end of the body.
    private boolean readBody(RawResponse head, ByteArrayOutputStream body) throws IOException {
        int status = head.status();
        if (status < 200 || status == 204 || status == 304) {
            return false;
        }
        if (head.header("transfer-encoding").orElse("").equalsIgnoreCase("chunked")) {
            bytes.chunks(body);
            return false;
        }
        if (head.header("content-length").isPresent()) {
            bytes.bytes(Long.parseLong(head.header("content-length").get()), body);
            return false;
        }
        bytes.rest(body);
        return true;
    }

    private void limit(Duration silence) throws IOException {
        socket.setSoTimeout(Math.max(1, Math.toIntExact(silence.toMillis())));
    }

    private static boolean endsWith(byte[] read, byte[] wanted) {
        return read.length >= wanted.length
                && Arrays.equals(
                        read, read.length - wanted.length, read.length, wanted, 0, wanted.length);
    }
}
