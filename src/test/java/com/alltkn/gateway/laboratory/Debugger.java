package com.alltkn.gateway.laboratory;

import com.sun.jdi.ArrayType;
import com.sun.jdi.Bootstrap;
import com.sun.jdi.ObjectCollectedException;
import com.sun.jdi.ThreadReference;
import com.sun.jdi.VMDisconnectedException;
import com.sun.jdi.VMOutOfMemoryException;
import com.sun.jdi.VirtualMachine;
import com.sun.jdi.connect.AttachingConnector;
import com.sun.jdi.connect.IllegalConnectorArgumentsException;
import java.io.IOException;
import java.util.Objects;
import java.util.function.Predicate;

/// Does to a JVM from outside what no request can be relied on to do: stops its threads, takes its
/// heap. What it did lasts until it is closed.
public final class Debugger implements AutoCloseable {

    private static final int PIECE = 1024 * 1024;

    private final VirtualMachine vm;

    private Debugger(VirtualMachine vm) {
        this.vm = vm;
    }

    /// The JVM's option that lets a debugger in.
    ///
    /// @param port a free one
    public static String option(int port) {
        return "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,quiet=y,address=127.0.0.1:"
                + port;
    }

    /// Attaches to a JVM that was started with the option.
    public static Debugger attach(int port) throws IOException {
        var connector =
                Bootstrap.virtualMachineManager().attachingConnectors().stream()
                        .filter(each -> each.name().equals("com.sun.jdi.SocketAttach"))
                        .findFirst()
                        .orElseThrow();
        return new Debugger(attach(connector, port));
    }

    private static VirtualMachine attach(AttachingConnector connector, int port)
            throws IOException {
        try {
            var arguments = connector.defaultArguments();
            Objects.requireNonNull(arguments.get("hostname")).setValue("127.0.0.1");
            Objects.requireNonNull(arguments.get("port")).setValue(Integer.toString(port));
            return connector.attach(arguments);
        } catch (IllegalConnectorArgumentsException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Stops threads where they are, whatever they hold.
    ///
    /// @param names whose names are these
    /// @return how many it stopped
    public long stopThreads(Predicate<String> names) {
        var threads = vm.allThreads().stream().filter(thread -> names.test(thread.name())).toList();
        threads.forEach(ThreadReference::suspend);
        return threads.size();
    }

    /// Takes all of the heap that can be had, and holds it.
    public void fillHeap() {
        try {
            for (int piece = PIECE; piece >= 1024; piece /= 32) {
                hold(Long.MAX_VALUE, piece);
            }
        } catch (VMDisconnectedException e) {
            // It ended under what it was given.
            return;
        }
    }

    /// Takes so much of the heap, and holds it.
    public void holdHeap(long size) {
        hold(size, PIECE);
    }

    private void hold(long size, int piece) {
        var bytes = (ArrayType) vm.classesByName("byte[]").getFirst();
        for (long held = 0; held < size; ) {
            try {
                bytes.newInstance(piece).disableCollection();
                held += piece;
            } catch (ObjectCollectedException e) {
                // Between the two calls.
                continue;
            } catch (VMOutOfMemoryException e) {
                return;
            }
        }
    }

    @Override
    public void close() {
        try {
            vm.dispose();
        } catch (VMDisconnectedException e) {
            // It has ended.
            return;
        }
    }
}
