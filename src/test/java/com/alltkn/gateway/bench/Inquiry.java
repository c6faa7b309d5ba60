package com.alltkn.gateway.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/// Single questions to the processes that take part, beside the load.
final class Inquiry {

    private static final Duration LONGEST_START = Duration.ofSeconds(60);
    private static final Duration BETWEEN_TRIES = Duration.ofMillis(5);

    private Inquiry() {}

    /// Asks until the answer is good.
    static void awaitAnswer(int port) {
        var until = System.nanoTime() + LONGEST_START.toNanos();
        while (!isAnswered(port)) {
            if (System.nanoTime() > until) {
                throw new IllegalStateException("no good answer on port " + port);
            }
            LockSupport.parkNanos(BETWEEN_TRIES.toNanos());
        }
    }

    /// The sum of a meter's samples.
    ///
    /// @param start how their lines begin, with the name and as many labels as are wanted
    static double metric(int managementPort, String start) {
        var request =
                "GET /q/metrics HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/plain\r\n"
                        + "connection: close\r\n\r\n";
        return exchange(managementPort, request.getBytes(StandardCharsets.US_ASCII))
                .orElseThrow()
                .lines()
                .filter(line -> line.startsWith(start))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .reduce(Double::sum)
                .orElseThrow();
    }

    private static boolean isAnswered(int port) {
        return exchange(port, Workload.SMALL.request(port))
                .filter(answer -> answer.startsWith("HTTP/1.1 200 "))
                .isPresent();
    }

    /// The first bytes of an answer, or all of it where the connection ends with it.
    private static Optional<String> exchange(int port, byte[] request) {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port));
            socket.getOutputStream().write(request);
            var close = new String(request, StandardCharsets.ISO_8859_1).contains(": close\r\n");
            var answer =
                    close
                            ? socket.getInputStream().readAllBytes()
                            : socket.getInputStream().readNBytes("HTTP/1.1 200 ".length());
            return Optional.of(new String(answer, StandardCharsets.UTF_8));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
