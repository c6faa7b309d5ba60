/// What a step of an exchange is, how far an exchange has come, and the one guard of its end. It
/// stands below the other rooms and knows no step.
@NullMarked
package com.alltkn.gateway.exchange.step;

import org.jspecify.annotations.NullMarked;
