/// The pipeline of one request: who calls, what is asked, may it be, one attempt upstream, the
/// relay of its answer, and one settlement. Only this package knows the order.
@NullMarked
package com.alltkn.gateway.exchange;

import org.jspecify.annotations.NullMarked;
