/// What the gateway is tested with: an upstream that misbehaves on command, a client that sees
/// every byte, and certificates made on the spot.
@NullMarked
package com.alltkn.gateway.laboratory;

import org.jspecify.annotations.NullMarked;
