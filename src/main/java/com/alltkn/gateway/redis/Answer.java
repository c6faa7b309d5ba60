package com.alltkn.gateway.redis;

import io.vertx.core.Future;

/// The two times at which something is known of a script.
///
/// @param inTime its reply, or a failure once the deadline has passed; told on the event loop that
///   asked, if one did
/// @param atLast its reply, however late; fails where nobody will ever know whether it ran, so that
///   it may have
public record Answer<T>(Future<T> inTime, Future<T> atLast) {}
