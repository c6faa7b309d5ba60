/// What the gateway costs, against a direct call and against nginx. Load generator and upstream are
/// processes of their own and know nothing but the JDK, so that what they use is not counted.
@NullMarked
package com.alltkn.gateway.bench;

import org.jspecify.annotations.NullMarked;
