/// The process: `main`, its end, and the watch over its life.
@NullMarked
package com.alltkn.gateway;

import org.jspecify.annotations.NullMarked;
