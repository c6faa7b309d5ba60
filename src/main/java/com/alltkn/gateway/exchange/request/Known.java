package com.alltkn.gateway.exchange.request;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.exchange.step.Arrival;
import com.alltkn.gateway.exchange.step.Progress;

/// A request whose caller is known.
///
/// @param before the request
/// @param caller who sent it
/// @param crowded whether there is no room for one more connection of this caller
public record Known(Arrival before, Caller caller, boolean crowded) implements Progress {}
