package com.alltkn.gateway.rollout.vault;

import com.alltkn.gateway.rollout.Reading.Unavailable;
import com.alltkn.gateway.rollout.SourceFailure;
import com.fasterxml.jackson.core.JacksonException;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quarkus.vault.client.VaultClientException;
import io.quarkus.vault.client.auth.VaultTokenException;
import io.quarkus.vault.client.common.VaultErrorResponse;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.FileSystemException;
import java.util.List;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// Tells from what a call to Vault threw why there are no settings. Only a status and our own words
/// get out: Vault's texts, and those of a proxy in front of it, could hold a token or a key.
@RegisterForReflection(targets = VaultErrorResponse.class)
final class VaultFailures {

    private VaultFailures() {}

    /// @param what which call it was, such as `metadata`
    static Unavailable of(Throwable thrown, String what) {
        // The first in the chain that says something, from the outside to the cause.
        for (Throwable at = thrown; at != null; at = at.getCause()) {
            var known = known(at, what);
            if (known != null) {
                return known;
            }
        }
        return new Unavailable(
                SourceFailure.RUBBISH,
                what
                        + " could not be understood ("
                        + root(thrown).getClass().getSimpleName()
                        + ")");
    }

    private static @Nullable Unavailable known(Throwable thrown, String what) {
        return switch (thrown) {
            case VaultClientException e when e.getStatus() != null -> answered(e, what);
            case VaultTokenException _ ->
                    new Unavailable(SourceFailure.LOGIN_REFUSED, "the login gave no usable token");
            case SSLException e when !isBrokenOff(e) ->
                    new Unavailable(SourceFailure.TLS_FAILED, what + ": no TLS with this server");
            case TimeoutException _ -> timeout(what);
            case ConnectException _ -> unreachable(what, "no connection");
            case UnknownHostException _ -> unreachable(what, "unknown host");
            case ClosedChannelException _ -> unreachable(what, "connection closed");
            case FileSystemException _ ->
                    new Unavailable(
                            SourceFailure.LOGIN_REFUSED, "the file of the login cannot be read");
            case JacksonException _ ->
                    new Unavailable(SourceFailure.RUBBISH, what + " is not what Vault answers");
            case IOException _ -> unreachable(what, "connection broken");
            default -> byName(thrown, what);
        };
    }

    // A connection that breaks during the handshake comes as a failure of it.
    private static boolean isBrokenOff(SSLException handshake) {
        for (var at = handshake.getCause(); at != null; at = at.getCause()) {
            if (at instanceof IOException && !(at instanceof SSLException)) {
                return true;
            }
        }
        return false;
    }

    // Types that the client does not make public, or that another HTTP client in its place has.
    private static @Nullable Unavailable byName(Throwable thrown, String what) {
        return switch (thrown.getClass().getSimpleName()) {
            case "NoStackTraceTimeoutException", "ConnectTimeoutException" -> timeout(what);
            case "HttpClosedException", "StreamResetException" ->
                    unreachable(what, "connection closed");
            default -> null;
        };
    }

    private static Unavailable answered(VaultClientException e, String what) {
        int status = e.getStatus();
        var login = e.getOperationName() != null && e.getOperationName().contains("[AUTH");
        if (says(e, "Vault is sealed") || (status == 503 && says(e, "sealed"))) {
            return new Unavailable(SourceFailure.SEALED, "Vault is sealed");
        }
        if (login && status >= 400 && status < 500) {
            return new Unavailable(
                    SourceFailure.LOGIN_REFUSED, "the login was refused with status " + status);
        }
        return switch (status) {
            case 403 -> new Unavailable(SourceFailure.DENIED, what + " denied with status 403");
            case 404 -> new Unavailable(SourceFailure.ABSENT, what + " not found");
            case 429 -> new Unavailable(SourceFailure.FAILING, what + " refused with status 429");
            default ->
                    status >= 500
                            ? new Unavailable(
                                    SourceFailure.FAILING, what + " failed with status " + status)
                            : new Unavailable(
                                    SourceFailure.RUBBISH,
                                    what + " answered with status " + status);
        };
    }

    private static boolean says(VaultClientException e, String text) {
        List<String> errors = e.getErrors();
        return errors != null && errors.stream().anyMatch(error -> error.contains(text));
    }

    private static Unavailable timeout(String what) {
        return new Unavailable(SourceFailure.TIMEOUT, what + " took longer than the deadline");
    }

    private static Unavailable unreachable(String what, String fact) {
        return new Unavailable(SourceFailure.UNREACHABLE, what + ": " + fact);
    }

    private static Throwable root(Throwable thrown) {
        var at = thrown;
        for (var next = at.getCause(); next != null; next = next.getCause()) {
            at = next;
        }
        return at;
    }
}
