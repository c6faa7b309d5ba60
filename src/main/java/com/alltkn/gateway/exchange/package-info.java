/// An exchange: the way of one request through its steps, put together in [ExchangeAssembly], and
/// one settlement. Only this package knows the order; the steps stand in the rooms below it.
@NullMarked
package com.alltkn.gateway.exchange;

import org.jspecify.annotations.NullMarked;
