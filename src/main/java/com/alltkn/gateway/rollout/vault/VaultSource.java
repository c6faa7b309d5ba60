package com.alltkn.gateway.rollout.vault;

import com.alltkn.gateway.rollout.Reading;
import com.alltkn.gateway.rollout.Reading.Found;
import com.alltkn.gateway.rollout.Reading.Unavailable;
import com.alltkn.gateway.rollout.Reading.Unchanged;
import com.alltkn.gateway.rollout.SettingsSource;
import com.alltkn.gateway.rollout.SourceFailure;
import io.quarkus.vault.client.VaultClient;
import io.quarkus.vault.client.api.secrets.kv2.VaultSecretsKV2ReadSecretMetadataVersion;
import java.time.Duration;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Settings from a KV engine, version 2, of Vault or OpenBao. A read asks for the metadata, which
/// hold no secret, and for the data only if the current version is another one than before. The
/// client logs in by itself, and again when its token is no longer good.
public final class VaultSource implements SettingsSource {

    private final Supplier<VaultClient> client;
    private final String mount;
    private final String path;
    private final Duration pollInterval;
    private final Duration deadline;
    private final InstantSource clock;
    private @Nullable Version found;

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
    public Reading read() throws InterruptedException {
        VaultClient vault;
        try {
            vault = client.get();
        } catch (RuntimeException e) {
            return new Unavailable(
                    SourceFailure.NOT_CONFIGURED,
                    "quarkus.vault.url or a login under quarkus.vault.authentication is missing"
                            + " or not valid");
        }
        var what = "metadata of " + mount + "/" + path;
        try {
            var kv = vault.secrets().kv2(mount);
            var metadata = await(kv.readSecretMetadata(path));
            var number = metadata.getCurrentVersion();
            if (number == null || metadata.getVersions() == null) {
                return new Unavailable(SourceFailure.RUBBISH, what + " name no current version");
            }
            if (number == 0) {
                return new Unavailable(SourceFailure.ABSENT, what + " have no version yet");
            }
            var version = metadata.getVersions().get(number.toString());
            var current = new Version(number, version == null ? null : version.getCreatedTime());
            if (version != null && isGone(version)) {
                return gone(version, current);
            }
            if (current.equals(found)) {
                return new Unchanged();
            }
            what = "version " + number + " of " + mount + "/" + path;
            var data = await(kv.readSecret(path, number)).getData();
            if (data == null) {
                return new Unavailable(SourceFailure.RUBBISH, what + " holds no data");
            }
            found = current;
            return new Found(number, withoutNulls(data));
        } catch (ExecutionException | TimeoutException e) {
            return VaultFailures.of(e, what);
        } catch (RuntimeException e) {
            return VaultFailures.of(e, what);
        }
    }

    private boolean isGone(VaultSecretsKV2ReadSecretMetadataVersion version) {
        var deletion = version.getDeletionTime();
        return Boolean.TRUE.equals(version.isDestroyed())
                || (deletion != null && !deletion.toInstant().isAfter(clock.instant()));
    }

    private Unavailable gone(VaultSecretsKV2ReadSecretMetadataVersion version, Version current) {
        var what = "version " + current.number + " of " + mount + "/" + path;
        return Boolean.TRUE.equals(version.isDestroyed())
                ? new Unavailable(SourceFailure.DESTROYED, what + " was destroyed")
                : new Unavailable(SourceFailure.DELETED, what + " was deleted");
    }

    private <T> T await(CompletionStage<T> call)
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

    /// What tells one content from another without reading it. The time belongs to it, because the
    /// count begins again at 1 after the metadata were deleted.
    private record Version(int number, @Nullable OffsetDateTime created) {}
}
