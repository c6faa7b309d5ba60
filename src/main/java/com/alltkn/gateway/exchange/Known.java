package com.alltkn.gateway.exchange;

import com.alltkn.gateway.caller.Caller;

/// A request whose caller is known.
///
/// @param before the request
/// @param caller who sent it
/// @param crowded whether there is no room for one more connection of this caller
public record Known(Arrival before, Caller caller, boolean crowded) implements Progress {}
