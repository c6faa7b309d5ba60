package com.alltkn.gateway.caller;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.tls.TlsConfigurationRegistry;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.time.Clock;
import java.time.InstantSource;
import java.util.random.RandomGenerator;
import javax.net.ssl.SSLContext;

/// Puts together what finds a caller, and starts and stops its threads with the process.
@Singleton
final class CallersAssembly {

    @Produces
    @Singleton
    CallerDirectory directory(CallersConfig config, TokensConfig tokens, Clock clock) {
        return new CallerDirectory(config, tokens.issuer().isPresent(), clock);
    }

    @Produces
    @Singleton
    KeySets keySets(TokensConfig config, TlsConfigurationRegistry tls, InstantSource clock) {
        return new KeySets(
                new IssuerClient(config, config.tlsConfiguration().map(name -> context(tls, name))),
                config.refreshInterval(),
                clock,
                RandomGenerator.getDefault());
    }

    @Produces
    @Singleton
    Identification identification(
            CallerDirectory directory, TokensConfig config, KeySets keySets, Clock clock) {
        var rules =
                config.issuer()
                        .map(issuer ->
                                new TokenRules(
                                        issuer, config.audience().orElseThrow(), config.leeway()));
        return new Identification(directory, rules, keySets, clock);
    }

    /// Late, after the configuration was looked over.
    void start(
            @Observes @Priority(Interceptor.Priority.LIBRARY_AFTER) StartupEvent event,
            CallerDirectory directory,
            TokensConfig config,
            KeySets keySets) {
        directory.start();
        if (config.issuer().isPresent()) {
            keySets.start();
        }
    }

    void stop(@Observes ShutdownEvent event, CallerDirectory directory, KeySets keySets)
            throws InterruptedException {
        directory.stop();
        keySets.stop();
    }

    private static SSLContext context(TlsConfigurationRegistry tls, String name) {
        try {
            return tls.get(name)
                    .orElseThrow(() ->
                            new IllegalStateException(
                                    "gateway.callers.tokens.tls-configuration names '"
                                            + name
                                            + "', which quarkus.tls."
                                            + name
                                            + " does not configure"))
                    .createSSLContext();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(
                    "quarkus.tls." + name + " cannot be used (" + e.getClass().getName() + ")", e);
        }
    }
}
