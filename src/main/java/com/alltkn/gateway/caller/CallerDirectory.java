package com.alltkn.gateway.caller;

import com.alltkn.gateway.watch.FileChange;
import com.alltkn.gateway.watch.FileChange.Reason;
import com.alltkn.gateway.watch.WatchedFile;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// The callers as they are now. The first look at the callers file decides about the start; from
/// then on the file is followed, and one that is wrong or gone leaves the callers as they were.
public final class CallerDirectory {

    private static final Logger LOG = Logger.getLogger(CallerDirectory.class);

    private final CallersConfig config;
    private final boolean tokens;
    private final InstantSource clock;
    private final @Nullable WatchedFile file;
    private final Rounds rounds;
    private final List<Runnable> afterChanges = new CopyOnWriteArrayList<>();

    private volatile @Nullable Callers callers;
    private volatile @Nullable Instant staleSince;

    // These two belong to the thread that looks.

    /// What was said last of a file that cannot be read.
    private @Nullable String unreadable;

    /// Whether the content that was seen last is refused.
    private boolean wrong;

    /// @param config where the callers are
    /// @param tokens whether callers may come with tokens
    /// @param clock the time to compare the file's with
    public CallerDirectory(CallersConfig config, boolean tokens, InstantSource clock) {
        this.config = config;
        this.tokens = tokens;
        this.clock = clock;
        this.file = config.file().map(path -> new WatchedFile(path, clock)).orElse(null);
        this.rounds = new Rounds("callers-file", this::round);
    }

    /// The callers; reads them if nobody has yet, and never again.
    ///
    /// @return them all
    /// @throws InvalidCallersException if none are configured or the file is wrong
    public Callers current() {
        var now = callers;
        return now != null ? now : load();
    }

    /// @return what is known now, once there are callers
    public View view() {
        return new View(
                current().all().size(),
                Optional.ofNullable(staleSince)
                        .map(since -> Duration.between(since, clock.instant())));
    }

    /// Has something done after each change of the callers, on the thread that looks.
    ///
    /// @param action must not block
    public void afterChange(Runnable action) {
        afterChanges.add(action);
    }

    /// Follows the file, if there is one.
    void start() {
        if (file != null) {
            rounds.start();
        }
    }

    void stop() throws InterruptedException {
        rounds.stop();
    }

    private synchronized Callers load() {
        if (callers == null) {
            callers = file == null ? developmentCaller() : read(file);
        }
        return callers;
    }

    private Callers developmentCaller() {
        var key =
                config.developmentKey()
                        .orElseThrow(() ->
                                new InvalidCallersException(
                                        "gateway.callers.file is not set: without callers"
                                                + " nobody could use the gateway"));
        var hash = HexFormat.of().formatHex(Callers.sha256(key));
        return Callers.of(Map.of(hash, Caller.named("dev")));
    }

    private Callers read(WatchedFile file) {
        // A file that was written just now is reported at the second look.
        var change = file.poll();
        if (change instanceof FileChange.Unchanged<byte[]>) {
            change = file.poll();
        }
        return switch (change) {
            case FileChange.Changed<byte[]>(var yaml, _) -> parse(yaml);
            case FileChange.Unreadable<byte[]>(var reason) ->
                    throw new InvalidCallersException(sentence(reason));
            case FileChange.Unchanged<byte[]>() ->
                    throw new InvalidCallersException(
                            "gateway.callers.file: %s is being written".formatted(path()));
        };
    }

    private Duration round() {
        look();
        return config.pollInterval();
    }

    /// Looks at the file once, after [#current()].
    void look() {
        if (file == null) {
            return;
        }
        switch (file.poll()) {
            case FileChange.Unchanged<byte[]>() -> {
                unreadable = null;
                if (!wrong) {
                    staleSince = null;
                }
            }
            case FileChange.Unreadable<byte[]>(var reason) -> {
                var sentence = sentence(reason);
                if (!sentence.equals(unreadable)) {
                    unreadable = sentence;
                    keep(sentence);
                }
            }
            case FileChange.Changed<byte[]>(var yaml, _) -> {
                unreadable = null;
                try {
                    var read = parse(yaml);
                    callers = read;
                    wrong = false;
                    staleSince = null;
                    LOG.infof("callers read callers=%d", read.all().size());
                    afterChanges.forEach(Runnable::run);
                } catch (InvalidCallersException e) {
                    wrong = true;
                    keep(String.valueOf(e.getMessage()));
                }
            }
        }
    }

    private void keep(String sentence) {
        if (staleSince == null) {
            staleSince = clock.instant();
        }
        LOG.errorf("callers unchanged, for their file is no good: %s", sentence);
    }

    private Callers parse(byte[] yaml) {
        try {
            var read = CallersFile.read(yaml);
            if (read.haveSubjects() && !tokens) {
                throw new InvalidCallersException("subjects: need gateway.callers.tokens.issuer");
            }
            return read;
        } catch (InvalidCallersException e) {
            throw new InvalidCallersException(
                    "gateway.callers.file: %s: %s".formatted(path(), e.getMessage()));
        }
    }

    private String sentence(Reason reason) {
        return "gateway.callers.file: cannot read %s (%s)"
                .formatted(path(), reason.name().toLowerCase(Locale.ROOT));
    }

    private Path path() {
        return config.file().orElseThrow();
    }

    /// What is known of the callers at one time.
    ///
    /// @param known how many there are
    /// @param stale for how long their file has said something else than what is in force; empty
    ///   while they agree
    public record View(int known, Optional<Duration> stale) {}
}
