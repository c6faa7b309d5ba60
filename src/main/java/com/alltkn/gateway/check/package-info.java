/// What a feature says of a start that it should not be part of, each beside its own configuration.
@NullMarked
package com.alltkn.gateway.check;

import org.jspecify.annotations.NullMarked;
