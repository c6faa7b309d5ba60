package com.alltkn.gateway.api;

import com.alltkn.gateway.exchange.Exchanges;
import io.smallrye.common.annotation.NonBlocking;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.impl.ContextInternal;
import jakarta.inject.Singleton;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.OPTIONS;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;

/// `/v1/…` and `/api/v1/…`: hands each request to an exchange, unread. Which paths and methods
/// there are, the exchange knows; so that it answers for all of them, every method comes here.
@Singleton
@NonBlocking
@Path("/{root:v1|api/v1}/{path:.*}")
public class OpenAiResource {

    private final Exchanges exchanges;

    OpenAiResource(Exchanges exchanges) {
        this.exchanges = exchanges;
    }

    @GET
    public Uni<Void> get(@Context HttpServerRequest request) {
        return exchange(request);
    }

    @POST
    public Uni<Void> post(@Context HttpServerRequest request) {
        return exchange(request);
    }

    @DELETE
    public Uni<Void> delete(@Context HttpServerRequest request) {
        return exchange(request);
    }

    @PUT
    public Uni<Void> put(@Context HttpServerRequest request) {
        return exchange(request);
    }

    @PATCH
    public Uni<Void> patch(@Context HttpServerRequest request) {
        return exchange(request);
    }

    @HEAD
    public Uni<Void> head(@Context HttpServerRequest request) {
        return exchange(request);
    }

    @OPTIONS
    public Uni<Void> options(@Context HttpServerRequest request) {
        return exchange(request);
    }

    /// The exchange writes the answer itself. It starts one step after the subscription, for
    /// Quarkus REST registers its own interest in the connection's end only then; a caller who goes
    /// cancels the subscription.
    private Uni<Void> exchange(HttpServerRequest request) {
        return Uni.createFrom()
                .emitter(answered -> {
                    var context = ContextInternal.current();
                    var exchange = exchanges.open(request, context, () -> answered.complete(null));
                    answered.onTermination(exchange::callerGone);
                    context.runOnContext(_ -> exchange.start());
                });
    }
}
