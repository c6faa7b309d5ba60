package com.alltkn.gateway.caller;

import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Finds the caller whose credential a request carries: an API key, or a token of the configured
/// issuer. Nothing else that a request says of its sender counts. Safe for use by several threads;
/// never blocks.
public final class Identification {

    /// What is to be a token: JSON in base64url, and two dots. Anything else is an API key.
    private static final Pattern TOKEN = Pattern.compile("eyJ[^.]*\\.[^.]*\\.[^.]*");

    /// As long as a request is held for keys that are being read.
    private static final long PATIENCE_MILLIS = 2_000;

    private final CallerDirectory directory;
    private final @Nullable TokenRules rules;
    private final KeySets keySets;
    private final InstantSource clock;

    /// @param directory the callers
    /// @param rules what makes a good token; none if callers come with API keys alone
    /// @param keySets the issuer's keys
    /// @param clock the time by which tokens expire
    Identification(
            CallerDirectory directory,
            Optional<TokenRules> rules,
            KeySets keySets,
            InstantSource clock) {
        this.directory = directory;
        this.rules = rules.orElse(null);
        this.keySets = keySets;
        this.clock = clock;
    }

    /// Finds who sent a request.
    ///
    /// @param authorization the value of the only `Authorization` header
    /// @return who it is
    public Identity identify(String authorization) {
        var callers = directory.current();
        if (rules != null) {
            var token =
                    Callers.bearer(authorization).filter(value -> TOKEN.matcher(value).matches());
            if (token.isPresent()) {
                return verify(token.get(), rules, true);
            }
        }
        return known(callers.identify(authorization));
    }

    private Identity verify(String token, TokenRules rules, boolean mayWait) {
        var keys = keySets.current();
        if (keys == null) {
            return mayWait
                    ? wait(token, rules, new Identity.Uncheckable())
                    : new Identity.Uncheckable();
        }
        var now = clock.instant();
        var digest = ByteBuffer.wrap(Callers.sha256(token));
        var before = keys.proven(digest).filter(proven -> rules.holds(proven, now));
        return switch (before.isPresent() ? before.get() : rules.judge(token, keys, now)) {
            case TokenVerdict.Proven proven -> {
                if (before.isEmpty()) {
                    keys.remember(digest, proven);
                }
                yield known(directory.current().withSubject(proven.subject()));
            }
            case TokenVerdict.Refused() -> new Identity.Nobody();
            case TokenVerdict.KeyUnknown() ->
                    mayWait ? wait(token, rules, new Identity.Nobody()) : new Identity.Nobody();
        };
    }

    private Identity wait(String token, TokenRules rules, Identity otherwise) {
        var newer = keySets.newer();
        if (newer.isEmpty()) {
            return otherwise;
        }
        return new Identity.Pending(
                newer.get()
                        .toCompletableFuture()
                        .completeOnTimeout(null, PATIENCE_MILLIS, TimeUnit.MILLISECONDS)
                        .thenApply(_ -> verify(token, rules, false)));
    }

    private static Identity known(Optional<Caller> caller) {
        return caller.<Identity>map(Identity.Known::new).orElseGet(Identity.Nobody::new);
    }
}
