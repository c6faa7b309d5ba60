/// How latency fares under load while Vault is away and while keys are rotated, with every answer
/// checked; under more load than upstream can bear; and under siege.
@NullMarked
package com.alltkn.gateway.load;

import org.jspecify.annotations.NullMarked;
