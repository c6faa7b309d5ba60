package com.alltkn.gateway.rollout.file;

import com.alltkn.gateway.rollout.Reading;
import com.alltkn.gateway.rollout.Reading.Found;
import com.alltkn.gateway.rollout.Reading.Unavailable;
import com.alltkn.gateway.rollout.Reading.Unchanged;
import com.alltkn.gateway.rollout.Setting;
import com.alltkn.gateway.rollout.SettingsSource;
import com.alltkn.gateway.rollout.SourceFailure;
import com.alltkn.gateway.watch.FileChange;
import com.alltkn.gateway.watch.WatchedDirectory;
import com.alltkn.gateway.watch.WatchedFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Settings from a mounted path: a directory with one file per setting, as a Kubernetes Secret
/// volume or the CSI driver makes it, or one file of `NAME=value` lines, as a Vault Agent template
/// writes it. Which of the two it is may change from poll to poll. The number counts the contents
/// seen by this process, from 1.
public final class FileSource implements SettingsSource {

    private final Path path;
    private final Duration pollInterval;
    private final InstantSource clock;
    private @Nullable WatchedFile file;
    private @Nullable WatchedDirectory directory;
    private @Nullable Unavailable malformed;
    private long number;

    /// @param path a directory or a file; need not exist yet
    /// @param pollInterval how often to look
    /// @param clock the time to compare the files' with
    public FileSource(Path path, Duration pollInterval, InstantSource clock) {
        this.path = path;
        this.pollInterval = pollInterval;
        this.clock = clock;
    }

    @Override
    public String name() {
        return "file";
    }

    @Override
    public Duration pollInterval() {
        return pollInterval;
    }

    @Override
    public Reading read() {
        // A watcher goes only as long as the kind stays: what it saw before a change of kind says
        // nothing about what was reported since.
        if (Files.isDirectory(path)) {
            file = null;
            directory =
                    directory != null
                            ? directory
                            : new WatchedDirectory(path, Setting.NAMES, clock);
            return reading(directory.poll(), SettingsFile::ofFiles);
        }
        directory = null;
        file = file != null ? file : new WatchedFile(path, clock);
        return reading(file.poll(), SettingsFile::ofLines);
    }

    private <C> Reading reading(FileChange<C> change, Format<C> format) {
        return switch (change) {
            case FileChange.Unchanged<C>() -> malformed != null ? malformed : new Unchanged();
            case FileChange.Unreadable<C>(var reason) -> unreadable(reason);
            case FileChange.Changed<C>(var content, _) -> {
                number++;
                malformed = null;
                try {
                    yield new Found(number, format.fields(content));
                } catch (SettingsFile.MalformedException e) {
                    malformed =
                            new Unavailable(SourceFailure.RUBBISH, path + ": " + e.getMessage());
                    yield malformed;
                }
            }
        };
    }

    private Unavailable unreadable(FileChange.Reason reason) {
        return switch (reason) {
            case ABSENT -> new Unavailable(SourceFailure.ABSENT, path + " does not exist");
            case DENIED -> new Unavailable(SourceFailure.DENIED, path + " may not be read");
            case TOO_LARGE ->
                    new Unavailable(
                            SourceFailure.RUBBISH,
                            path + " has more than " + WatchedFile.MAX_BYTES + " bytes");
            case WRONG_KIND ->
                    new Unavailable(
                            SourceFailure.RUBBISH, path + " is neither a file nor a directory");
            case FAILED -> new Unavailable(SourceFailure.FAILING, path + " could not be read");
        };
    }

    private interface Format<C> {
        Map<String, Object> fields(C content) throws SettingsFile.MalformedException;
    }
}
