package com.alltkn.gateway.exchange.request;

import com.alltkn.gateway.exchange.step.Progress;
import com.alltkn.gateway.quota.Standing;

/// A request whose caller's limits were looked at and nothing was set aside.
///
/// @param before the request
/// @param standing where its caller stands
public record Counted(Progress before, Standing standing) implements Progress {}
