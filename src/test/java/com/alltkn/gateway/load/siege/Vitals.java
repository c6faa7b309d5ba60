package com.alltkn.gateway.load.siege;

import com.alltkn.gateway.laboratory.GatewayProcess;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/// What can be learned of a gateway from outside.
///
/// @param gateway that is examined
record Vitals(GatewayProcess gateway) {

    /// Lets a JVM count the memory beside its heap, whoever takes it.
    static final String COUNTING = "-XX:NativeMemoryTracking=summary";

    private static final int PATIENCE_MILLIS = 3000;
    private static final int MOST_TRIES = 5;
    private static final Duration BETWEEN_TRIES = Duration.ofMillis(500);
    private static final Payload CHAT =
            Payload.request(
                    Caller.ANNA, "/v1/chat/completions", "{\"model\":\"m\",\"messages\":[]}");
    private static final byte[] GOOD = "HTTP/1.1 200 ".getBytes(StandardCharsets.US_ASCII);
    private static final Duration LONGEST_COMMAND = Duration.ofSeconds(60);

    /// What buffers take: all that the JVM does not know a better name for.
    private static final Pattern BUFFERS =
            Pattern.compile("- +Other \\(reserved=\\d+KB, committed=(\\d+)KB");

    /// Whether it answers a chat, at one of several tries.
    boolean answers() {
        for (var i = 0; i < MOST_TRIES; i++) {
            if (answersNow()) {
                return true;
            }
            LockSupport.parkNanos(BETWEEN_TRIES.toNanos());
        }
        return false;
    }

    private boolean answersNow() {
        try (var socket = new Socket()) {
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.connect(new InetSocketAddress("127.0.0.1", gateway.port()), PATIENCE_MILLIS);
            socket.getOutputStream().write(CHAT.bytes());
            return Arrays.equals(socket.getInputStream().readNBytes(GOOD.length), GOOD);
        } catch (IOException e) {
            return false;
        }
    }

    /// Memory in use once it has forgotten what nobody holds: on the heap and in buffers beside it,
    /// in MiB; or what is resident of a native executable.
    long memory() throws IOException, InterruptedException {
        if (GatewayProcess.isNative()) {
            return resident();
        }
        // What goes with the first collection may set something else free.
        command("GC.run");
        command("GC.run");
        var buffers = BUFFERS.matcher(command("VM.native_memory", "summary"));
        if (!buffers.find()) {
            throw new IOException("the JVM does not tell what buffers take");
        }
        return (long) gateway.metric("jvm_memory_used_bytes", "area=\"heap\"") / 1024 / 1024
                + Long.parseLong(buffers.group(1)) / 1024;
    }

    /// Memory that is resident, in MiB.
    long resident() throws IOException {
        return status("VmRSS:");
    }

    /// The most that was resident since [#forgetPeak()], in MiB.
    long peak() throws IOException {
        return status("VmHWM:");
    }

    void forgetPeak() throws IOException {
        Files.writeString(proc("clear_refs"), "5");
    }

    int files() throws IOException {
        try (var files = Files.list(proc("fd"))) {
            return (int) files.count();
        }
    }

    int inFlight() throws IOException {
        return (int) gateway.metric("gateway_exchanges_in_flight");
    }

    private long status(String name) throws IOException {
        return Files.readString(proc("status"))
                        .lines()
                        .filter(line -> line.startsWith(name))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                        .sum()
                / 1024;
    }

    private Path proc(String file) {
        return Path.of("/proc", Long.toString(gateway.pid()), file);
    }

    private String command(String... words) throws IOException, InterruptedException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString());
        command.add(Long.toString(gateway.pid()));
        command.addAll(List.of(words));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        // What it says fits into the pipe, so that it can end before it is read.
        if (!process.waitFor(LONGEST_COMMAND.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("the JVM does not answer jcmd");
        }
        if (process.exitValue() != 0) {
            throw new IOException("jcmd ended with " + process.exitValue());
        }
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
