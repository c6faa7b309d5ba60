/// The compact record of each exchange, and where it is written.
@NullMarked
package com.alltkn.gateway.event;

import org.jspecify.annotations.NullMarked;
