/// Permits, reservations and budgets: how much a caller may ask for now, and how much it has used.
@NullMarked
package com.alltkn.gateway.quota;

import org.jspecify.annotations.NullMarked;
