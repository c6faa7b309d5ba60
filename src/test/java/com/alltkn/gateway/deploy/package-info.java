/// What is applied to a cluster, held to what the gateway is.
@NullMarked
package com.alltkn.gateway.deploy;

import org.jspecify.annotations.NullMarked;
