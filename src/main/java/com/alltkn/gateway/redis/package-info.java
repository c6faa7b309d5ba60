/// The one place that knows Redis (or Valkey): what several pods share. It finds out whether Redis
/// answers, runs scripts against it within a deadline, and says at once that it does not while it
/// does not; what a script means is the business of whoever asks for it.
@NullMarked
package com.alltkn.gateway.redis;

import org.jspecify.annotations.NullMarked;
