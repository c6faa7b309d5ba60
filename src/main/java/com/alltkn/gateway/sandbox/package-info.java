/// A believable stand-in for ALLTKN on this machine, for the `dev` profile only: the same paths and
/// shapes, made-up answers, and every kind of trouble on demand by the name of the model.
///
/// A call arrives in `SandboxServer`, an `…Answers` class makes the `Answer`, and `Delivery` writes
/// it, word by word where it is a stream.
///
/// The classes are in no packaged build. A class that is added here, a nested one too, has to be
/// named in `quarkus.package.jar.user-configured-ignored-entries`; a test says so if it is not.
@NullMarked
package com.alltkn.gateway.sandbox;

import org.jspecify.annotations.NullMarked;
