package com.alltkn.gateway.rollout.vault;

import com.alltkn.gateway.rollout.Reading;
import com.alltkn.gateway.rollout.Reading.Found;
import com.alltkn.gateway.rollout.Reading.Misdirected;
import com.alltkn.gateway.rollout.Reading.Unavailable;
import com.alltkn.gateway.rollout.Reading.Unchanged;
import com.alltkn.gateway.rollout.SettingsSource;
import com.alltkn.gateway.rollout.SourceFailure;
import io.quarkus.vault.client.VaultClient;
import io.quarkus.vault.client.api.secrets.kv2.VaultSecretsKV2;
import io.quarkus.vault.client.api.secrets.kv2.VaultSecretsKV2ReadSecretMetadataVersion;
import java.time.Duration;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Settings from a KV engine, version 2, of Vault or OpenBao. A read asks for the metadata, which
/// hold no secret, and for the data only if the version to follow, the current or the pinned one,
/// is another than before. The client logs in by itself, and again when its token is no longer
/// good.
public final class VaultSource implements SettingsSource {

    /// The field of the custom metadata by which operators pin a version.
    static final String PINNED_VERSION = "pinned_version";

    private static final Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,8}");

    private final Supplier<VaultClient> client;
    private final String mount;
    private final String path;
    private final Duration pollInterval;
    private final Duration deadline;
    private final InstantSource clock;
    private @Nullable Version found;
    private List<Long> versions = List.of();

    /// @param client gives the client; asked at the first read, so that a process without Vault
    ///   never makes one
    /// @param config where and how often
    /// @param path the secret below the mount: the name of the environment
    /// @param clock tells whether a deletion time has come
    public VaultSource(
            Supplier<VaultClient> client,
            VaultSourceConfig config,
            String path,
            InstantSource clock) {
        this.client = client;
        this.mount = config.mount();
        this.path = path;
        this.pollInterval = config.pollInterval();
        this.deadline = config.deadline();
        this.clock = clock;
    }

    @Override
    public String name() {
        return "vault";
    }

    @Override
    public Duration pollInterval() {
        return pollInterval;
    }

    @Override
    public List<Long> versions() {
        return versions;
    }

    @Override
    public Reading read() throws InterruptedException {
        return asking("metadata of " + mount + "/" + path, this::readCurrent);
    }

    @Override
    public Reading readVersion(long number) throws InterruptedException {
        var what = "version " + number + " of " + mount + "/" + path;
        return asking(what, kv -> readData(kv, new Version(Math.toIntExact(number), null, false)));
    }

    private Reading asking(String what, Question question) throws InterruptedException {
        VaultClient vault;
        try {
            vault = client.get();
        } catch (RuntimeException e) {
            return new Unavailable(
                    SourceFailure.NOT_CONFIGURED,
                    "quarkus.vault.url or a login under quarkus.vault.authentication is missing"
                            + " or not valid");
        }
        try {
            return question.ask(vault.secrets().kv2(mount));
        } catch (ExecutionException | TimeoutException | RuntimeException e) {
            return VaultFailures.of(e, what);
        }
    }

    private Reading readCurrent(VaultSecretsKV2 kv)
            throws ExecutionException, TimeoutException, InterruptedException {
        var what = "metadata of " + mount + "/" + path;
        var metadata = await(kv.readSecretMetadata(path), deadline);
        var number = metadata.getCurrentVersion();
        if (number == null || metadata.getVersions() == null) {
            return new Unavailable(SourceFailure.RUBBISH, what + " name no current version");
        }
        if (number == 0) {
            return new Unavailable(SourceFailure.ABSENT, what + " have no version yet");
        }
        versions = readable(metadata.getVersions());
        var pin = pin(metadata.getCustomMetadata());
        if (pin != null && !versions.contains(number(pin))) {
            // A text that is no number is not shown: it could be anything.
            var where = number(pin) == 0 ? "no version" : "version " + pin;
            return new Misdirected(
                    PINNED_VERSION
                            + " of "
                            + mount
                            + "/"
                            + path
                            + " names "
                            + where
                            + ", which cannot be read");
        }
        var target = pin == null ? number : Math.toIntExact(number(pin));
        var version = metadata.getVersions().get(Integer.toString(target));
        if (version != null && isGone(version)) {
            return gone(version, target);
        }
        var created = version == null ? null : version.getCreatedTime();
        var wanted = new Version(target, created, pin != null);
        if (wanted.equals(found)) {
            return new Unchanged();
        }
        var reading = readData(kv, wanted);
        if (reading instanceof Found) {
            found = wanted;
        }
        return reading;
    }

    private static @Nullable String pin(@Nullable Map<String, Object> custom) {
        var value = custom == null ? null : custom.get(PINNED_VERSION);
        return value == null ? null : value.toString().strip();
    }

    /// @return the number that a pin names; 0, which no version has, if it names none
    private static long number(String pin) {
        return NUMBER.matcher(pin).matches() ? Long.parseLong(pin) : 0;
    }

    private Reading readData(VaultSecretsKV2 kv, Version version) throws InterruptedException {
        var number = version.number;
        var what = "version " + number + " of " + mount + "/" + path;
        try {
            var data = await(kv.readSecret(path, number), deadline).getData();
            return data == null
                    ? new Unavailable(SourceFailure.RUBBISH, what + " holds no data")
                    : new Found(number, withoutNulls(data), version.pinned, version.writing());
        } catch (ExecutionException | TimeoutException | RuntimeException e) {
            return VaultFailures.of(e, what);
        }
    }

    /// The latest write first. Vault counts upwards for as long as the metadata live.
    private List<Long> readable(Map<String, VaultSecretsKV2ReadSecretMetadataVersion> all) {
        return all.entrySet().stream()
                .filter(version -> !isGone(version.getValue()))
                .map(version -> Long.valueOf(version.getKey()))
                .sorted(Comparator.reverseOrder())
                .toList();
    }

    private boolean isGone(VaultSecretsKV2ReadSecretMetadataVersion version) {
        var deletion = version.getDeletionTime();
        return Boolean.TRUE.equals(version.isDestroyed())
                || (deletion != null && !deletion.toInstant().isAfter(clock.instant()));
    }

    private Unavailable gone(VaultSecretsKV2ReadSecretMetadataVersion version, int number) {
        var what = "version " + number + " of " + mount + "/" + path;
        return Boolean.TRUE.equals(version.isDestroyed())
                ? new Unavailable(SourceFailure.DESTROYED, what + " was destroyed")
                : new Unavailable(SourceFailure.DELETED, what + " was deleted");
    }

    static <T> T await(CompletionStage<T> call, Duration deadline)
            throws ExecutionException, TimeoutException, InterruptedException {
        var future = call.toCompletableFuture();
        try {
            return future.get(deadline.toNanos(), TimeUnit.NANOSECONDS);
        } finally {
            future.cancel(true);
        }
    }

    /// A null in Vault is as if the field were not there.
    private static Map<String, Object> withoutNulls(Map<String, Object> data) {
        var fields = new HashMap<>(data);
        fields.values().removeIf(value -> value == null);
        return fields;
    }

    private interface Question {
        Reading ask(VaultSecretsKV2 kv)
                throws ExecutionException, TimeoutException, InterruptedException;
    }

    /// What tells one content from another without reading it. The time belongs to it, because the
    /// count begins again at 1 after the metadata were deleted.
    private record Version(int number, @Nullable OffsetDateTime created, boolean pinned) {

        String writing() {
            return number + " of " + created;
        }
    }
}
