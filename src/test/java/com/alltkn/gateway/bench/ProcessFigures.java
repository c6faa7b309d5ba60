package com.alltkn.gateway.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// What Linux counts for processes.
final class ProcessFigures {

    /// `USER_HZ`, the unit of times in `/proc`, is 100 on every architecture Java runs on.
    private static final Duration TICK = Duration.ofMillis(10);

    private ProcessFigures() {}

    /// The CPU time, in user mode and in the kernel, that processes have used so far.
    static Duration cpu(List<Long> processes) throws IOException {
        var ticks = 0L;
        for (var process : processes) {
            var stat = Files.readString(Path.of("/proc/" + process + "/stat"));
            // The name in parentheses may hold spaces; utime and stime are fields 14 and 15.
            var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            ticks += Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
        }
        return TICK.multipliedBy(ticks);
    }

    /// The memory that processes have resident, in MiB; what they share counts once for each.
    static long residentMebibytes(List<Long> processes) throws IOException {
        var kibibytes = 0L;
        for (var process : processes) {
            var status = Files.readString(Path.of("/proc/" + process + "/status"));
            kibibytes +=
                    status.lines()
                            .filter(line -> line.startsWith("VmRSS:"))
                            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                            .sum();
        }
        return kibibytes / 1024;
    }
}
