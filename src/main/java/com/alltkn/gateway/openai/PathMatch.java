package com.alltkn.gateway.openai;

import java.util.Set;

/// What a method and a path ask for.
public sealed interface PathMatch {

    /// An operation of the API.
    ///
    /// @param endpoint the operation
    record Found(Endpoint endpoint) implements PathMatch {}

    /// The path exists, but not with this method.
    ///
    /// @param allowed the methods it has, sorted, for the `Allow` header
    record MethodNotAllowed(Set<String> allowed) implements PathMatch {}

    /// No path of the API, or one that is written so that two servers could understand two paths.
    record Unknown() implements PathMatch {}
}
