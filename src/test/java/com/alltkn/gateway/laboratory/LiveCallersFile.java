package com.alltkn.gateway.laboratory;

import com.alltkn.gateway.caller.CallerDirectory;
import com.alltkn.gateway.caller.Callers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.eclipse.microprofile.config.ConfigProvider;

/// The callers file of the running gateway, to be changed under it. Closing puts back what was
/// there and waits until it is in force.
public final class LiveCallersFile implements AutoCloseable {

    private static final Duration SOON = Duration.ofSeconds(10);

    private final CallerDirectory directory;
    private final Path file;
    private final String original;
    private final int originalCallers;

    /// @param directory of the gateway
    public LiveCallersFile(CallerDirectory directory) throws IOException {
        this.directory = directory;
        this.file = ConfigProvider.getConfig().getValue("gateway.callers.file", Path.class);
        this.original = Files.readString(file);
        this.originalCallers = directory.current().all().size();
    }

    /// What the file held at first.
    public String original() {
        return original;
    }

    /// Writes another content, as if some time ago.
    public void write(String yaml) throws IOException {
        var next = file.resolveSibling(file.getFileName() + ".next");
        Files.writeString(next, yaml);
        Files.setLastModifiedTime(next, FileTime.from(Instant.now().minusSeconds(60)));
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /// Adds a caller and waits until it is known.
    public void add(String id, String key, String fields) throws IOException {
        write(
                original
                        + "  - id: %s\n    api-keys: [\"sha256:%s\"]\n    %s\n"
                                .formatted(id, MadeUpCallers.sha256(key), fields));
        await(callers -> callers.all().size() == originalCallers + 1);
    }

    /// Waits until the gateway has followed.
    public void await(Predicate<Callers> followed) {
        Awaitility.await("the callers file is in force")
                .atMost(SOON)
                .until(() ->
                        directory.view().stale().isEmpty() && followed.test(directory.current()));
    }

    /// Waits until the gateway has found that the file is no good.
    public void awaitStale() {
        Awaitility.await("the callers file is refused")
                .atMost(SOON)
                .until(() -> directory.view().stale().isPresent());
    }

    @Override
    public void close() throws IOException {
        var changed = directory.current();
        write(original);
        // Another object than before; at once where nothing had been changed.
        if (changed.all().size() != originalCallers || directory.view().stale().isPresent()) {
            await(callers -> callers.all().size() == originalCallers);
        }
    }
}
