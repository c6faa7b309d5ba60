package com.alltkn.gateway.redis;

import io.quarkus.redis.client.RedisOptionsCustomizer;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.config.SmallRyeConfig;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/// Makes the shared state if `gateway.shared-state` asks for it, and starts and stops it with the
/// process. Without, no client of Redis is ever made.
@Singleton
final class RedisAssembly {

    private static final Logger LOG = Logger.getLogger(RedisAssembly.class);

    private static final Duration LONGEST_GOODBYE = Duration.ofSeconds(1);

    @Produces
    @Singleton
    Optional<SharedState> sharedState(
            @ConfigProperty(name = "gateway.shared-state") String where,
            @ConfigProperty(name = "gateway.environment") Optional<String> environment,
            Config config,
            RedisConfig redisConfig,
            Vertx vertx,
            Instance<Redis> redis) {
        if (!where.equals("redis")) {
            return Optional.empty();
        }
        var profile = config.unwrap(SmallRyeConfig.class).getProfiles().getFirst();
        return Optional.of(
                SharedState.in(vertx, redis.get(), environment.orElse(profile), redisConfig));
    }

    @Produces
    @Singleton
    RedisOptionsCustomizer password(RedisConfig config) {
        return new PasswordFile(config.passwordFile());
    }

    /// Late, after the configuration was looked over.
    void start(
            @Observes @Priority(Interceptor.Priority.LIBRARY_AFTER) StartupEvent event,
            Optional<SharedState> sharedState) {
        sharedState.ifPresent(SharedState::start);
    }

    void stop(@Observes ShutdownEvent event, Optional<SharedState> sharedState)
            throws InterruptedException {
        if (sharedState.isEmpty()) {
            return;
        }
        try {
            sharedState
                    .get()
                    .stop()
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(LONGEST_GOODBYE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.debugf("shared state left untold failure=%s", e.getClass().getSimpleName());
        }
    }

    private record PasswordFile(Optional<Path> file) implements RedisOptionsCustomizer {

        @Override
        public void customize(String client, RedisOptions options) {
            file.ifPresent(path -> {
                try {
                    options.setPassword(Files.readString(path).strip());
                } catch (IOException e) {
                    throw new IllegalStateException(
                            "gateway.redis.password-file cannot be read: "
                                    + path
                                    + " ("
                                    + e.getClass().getSimpleName()
                                    + ")",
                            e);
                }
            });
        }
    }
}
