/// Settings from a mounted file or directory.
@NullMarked
package com.alltkn.gateway.rollout.file;

import org.jspecify.annotations.NullMarked;
