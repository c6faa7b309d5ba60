package com.alltkn.gateway.connection;

import io.netty.bootstrap.ChannelInitializerExtension;
import io.netty.channel.Channel;
import io.quarkus.arc.Arc;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quarkus.vertx.http.runtime.VertxHttpConfig;
import io.smallrye.config.SmallRyeConfig;
import io.vertx.core.http.HttpServerOptions;
import org.eclipse.microprofile.config.ConfigProvider;

/// Watches each connection to any port of the gateway from its first moment.
///
/// Netty finds it through its service file, if the system property `io.netty.bootstrap.extensions`
/// allows that.
// A native executable knows nothing of a service but what it is told.
@RegisterForReflection
public final class ConnectionGuard extends ChannelInitializerExtension {

    private final HttpServerOptions options = options();

    /// Made by Netty.
    public ConnectionGuard() {}

    @Override
    public void postInitializeServerChildChannel(Channel child) {
        var all = Arc.container().instance(Connections.class).get();
        child.pipeline().addFirst(new Door(all, options));
    }

    /// As Quarkus has it, which has already put a decoder of its own in place.
    private static HttpServerOptions options() {
        var limits =
                ConfigProvider.getConfig()
                        .unwrap(SmallRyeConfig.class)
                        .getConfigMapping(VertxHttpConfig.class)
                        .limits();
        return new HttpServerOptions()
                .setMaxInitialLineLength(limits.maxInitialLineLength())
                .setMaxHeaderSize(Math.toIntExact(limits.maxHeaderSize().asLongValue()))
                .setMaxChunkSize(Math.toIntExact(limits.maxChunkSize().asLongValue()));
    }
}
