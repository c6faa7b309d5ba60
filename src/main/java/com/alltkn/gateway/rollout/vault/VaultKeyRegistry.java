package com.alltkn.gateway.rollout.vault;

import com.alltkn.gateway.rollout.KeyRegistry;
import com.alltkn.gateway.rollout.Separation;
import com.alltkn.gateway.rollout.Separation.NotApplicable;
import com.alltkn.gateway.rollout.Separation.Own;
import com.alltkn.gateway.rollout.Separation.SharedWith;
import com.alltkn.gateway.rollout.Separation.Unchecked;
import com.alltkn.gateway.secret.KeyFingerprint;
import io.quarkus.vault.client.VaultClient;
import io.quarkus.vault.client.VaultClientException;
import io.quarkus.vault.client.api.secrets.kv2.VaultSecretsKV2;
import io.quarkus.vault.client.api.secrets.kv2.VaultSecretsKV2UpdateSecretOptions;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/// The registry in Vault: an entry `registry/<environment>/<fingerprint>` for each key that an
/// environment met, written once and never again. Nobody can list the entries, so only who knows a
/// key can name its entry; and as an entry in one's own environment takes that same knowledge, no
/// environment can block a key of another's that it does not hold.
public final class VaultKeyRegistry implements KeyRegistry {

    private final Supplier<VaultClient> client;
    private final String mount;
    private final Duration deadline;
    private final String environment;
    private final List<String> others;

    /// @param client gives the client; asked at the first claim
    /// @param config where and for how long
    /// @param environment this environment's name
    /// @param environments all that are compared; this one among them is left out
    public VaultKeyRegistry(
            Supplier<VaultClient> client,
            VaultSourceConfig config,
            String environment,
            List<String> environments) {
        this.client = client;
        this.mount = config.mount();
        this.deadline = config.deadline();
        this.environment = environment;
        this.others = environments.stream().filter(name -> !name.equals(environment)).toList();
    }

    /// One read for each environment, and one write by the first pod of this one. The own entry
    /// stands before the others are read: of two environments that claim a key at once, at least
    /// one sees the other's.
    @Override
    public Separation claim(KeyFingerprint key) throws InterruptedException {
        if (others.isEmpty()) {
            return new NotApplicable();
        }
        var at = environment;
        try {
            var kv = client.get().secrets().kv2(mount);
            var ours = entered(kv, environment, key);
            if (ours.isEmpty() && !enter(kv, key)) {
                // Another pod was faster, or nobody may.
                ours = entered(kv, environment, key);
                if (ours.isEmpty()) {
                    return new Unchecked("the entry of " + environment + " cannot be written");
                }
            }
            Optional<String> unreadable = Optional.empty();
            for (var other : others) {
                at = other;
                try {
                    var theirs = entered(kv, other, key);
                    if (theirs.isPresent() && isFirst(other, theirs.get(), ours, kv, key)) {
                        return new SharedWith(other);
                    }
                } catch (ExecutionException | TimeoutException e) {
                    unreadable = Optional.of(other);
                }
            }
            return unreadable.isPresent() ? unreadable(unreadable.get()) : new Own();
        } catch (ExecutionException | TimeoutException | RuntimeException e) {
            return unreadable(at);
        }
    }

    private boolean isFirst(
            String other,
            OffsetDateTime theirs,
            Optional<OffsetDateTime> known,
            VaultSecretsKV2 kv,
            KeyFingerprint key)
            throws ExecutionException, TimeoutException, InterruptedException {
        // An entry that was written a moment ago has a time that only Vault knows.
        var ours = known.isPresent() ? known : entered(kv, environment, key);
        // In the same instant the name decides, so that each side comes to the same.
        return ours.isEmpty()
                || theirs.isBefore(ours.get())
                || (theirs.isEqual(ours.get()) && other.compareTo(environment) < 0);
    }

    /// @return whether the entry is new; if not, it is there already or may not be written
    private boolean enter(VaultSecretsKV2 kv, KeyFingerprint key)
            throws ExecutionException, TimeoutException, InterruptedException {
        try {
            var onlyNew = new VaultSecretsKV2UpdateSecretOptions().setCas(0);
            var what = Map.<String, Object>of("environment", environment);
            VaultSource.await(kv.updateSecret(path(environment, key), onlyNew, what), deadline);
            return true;
        } catch (ExecutionException e) {
            // 400: the entry is there. 403: a policy that only lets it create says the same so.
            if (status(e) == 400 || status(e) == 403) {
                return false;
            }
            throw e;
        }
    }

    /// @return when the key was entered; empty if it was not
    private Optional<OffsetDateTime> entered(
            VaultSecretsKV2 kv, String environment, KeyFingerprint key)
            throws ExecutionException, TimeoutException, InterruptedException {
        try {
            var entry = VaultSource.await(kv.readSecret(path(environment, key)), deadline);
            return Optional.of(entry.getMetadata().getCreatedTime());
        } catch (ExecutionException e) {
            if (status(e) == 404) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static String path(String environment, KeyFingerprint key) {
        return "registry/" + environment + "/" + key.hex();
    }

    private static Unchecked unreadable(String environment) {
        return new Unchecked("the entries of " + environment + " cannot be read");
    }

    private static int status(ExecutionException e) {
        return e.getCause() instanceof VaultClientException answer && answer.getStatus() != null
                ? answer.getStatus()
                : 0;
    }
}
