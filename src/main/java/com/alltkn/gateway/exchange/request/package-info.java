/// The steps from the arrival of a request to its admission: who calls, what is asked, and whether
/// that may be.
@NullMarked
package com.alltkn.gateway.exchange.request;

import org.jspecify.annotations.NullMarked;
