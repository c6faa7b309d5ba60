/// A file that changes: read by polling, by content, and only once it is whole.
@NullMarked
package com.alltkn.gateway.watch;

import org.jspecify.annotations.NullMarked;
