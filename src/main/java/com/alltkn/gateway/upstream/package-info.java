/// Calling ALLTKN: the connections of a revision, one attempt with its four clocks, what may cross
/// in either direction, and the small prompt that proves a revision.
@NullMarked
package com.alltkn.gateway.upstream;

import org.jspecify.annotations.NullMarked;
