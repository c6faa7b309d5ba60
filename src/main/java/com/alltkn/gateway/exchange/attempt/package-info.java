/// The steps that ask upstream: the wait for room, and the calls until one is answered.
@NullMarked
package com.alltkn.gateway.exchange.attempt;

import org.jspecify.annotations.NullMarked;
