package com.alltkn.gateway.redis;

import java.util.List;
import java.util.function.Function;

/// A script with all that it needs.
///
/// @param script what to run
/// @param keys its keys, all of one tag
/// @param arguments its other arguments
/// @param reading makes of the reply what the caller needs, and throws if it cannot
public record ScriptCall<T>(
        Script script, List<String> keys, List<String> arguments, Function<Reply, T> reading) {}
