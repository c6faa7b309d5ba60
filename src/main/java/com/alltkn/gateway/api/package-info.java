/// The OpenAI-compatible edge: the paths for callers, and an answer in OpenAI's envelope for
/// everything else that arrives on their port.
@NullMarked
package com.alltkn.gateway.api;

import org.jspecify.annotations.NullMarked;
