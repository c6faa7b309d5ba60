package com.alltkn.gateway.redis;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Redis;

/// What several pods share.
///
/// @param scripts that Redis runs
/// @param fleet the pods
public record SharedState(Scripts scripts, Fleet fleet) {

    /// What is shared in this Redis; nothing happens before it is started.
    ///
    /// @param vertx runs the beat
    /// @param redis where what is shared lives
    /// @param environment part of every key, so that environments may share a Redis
    /// @param config how long to wait
    public static SharedState in(Vertx vertx, Redis redis, String environment, RedisConfig config) {
        var scripts = new Scripts(vertx, redis, environment, config.deadline());
        return new SharedState(scripts, new Fleet(vertx, scripts, config.assumedPods()));
    }

    /// Begins to ask whether Redis answers. Until it did, it is taken for down.
    public void start() {
        fleet.start();
    }

    /// Tells what is to be told still, and leaves the fleet.
    ///
    /// @return completes when that is done or cannot be
    public Future<?> stop() {
        return fleet.stop();
    }
}
