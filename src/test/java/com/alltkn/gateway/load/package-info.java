/// How latency fares under load while Vault is away and while keys are rotated, with every answer
/// checked; and under more load than upstream can bear.
@NullMarked
package com.alltkn.gateway.load;

import org.jspecify.annotations.NullMarked;
