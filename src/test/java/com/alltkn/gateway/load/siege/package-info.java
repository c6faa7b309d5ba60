/// A siege of the packaged gateway: attacks, the callers who must not notice them, and the upstream
/// behind it, each a process of its own. [Attacks] lists what is done; one more is an entry there.
@NullMarked
package com.alltkn.gateway.load.siege;

import org.jspecify.annotations.NullMarked;
