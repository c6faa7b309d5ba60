/// What time it is, from outside of whoever asks.
@NullMarked
package com.alltkn.gateway.time;

import org.jspecify.annotations.NullMarked;
