/// The connections to the gateway's ports: who may hold how many, for how long, and how much may
/// wait on them.
@NullMarked
package com.alltkn.gateway.connection;

import org.jspecify.annotations.NullMarked;
