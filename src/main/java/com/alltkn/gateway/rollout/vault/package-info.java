/// Settings from Vault or OpenBao.
@NullMarked
package com.alltkn.gateway.rollout.vault;

import org.jspecify.annotations.NullMarked;
