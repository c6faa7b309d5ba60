package com.alltkn.gateway.quota;

/// What a caller has used of its budgets.
///
/// @param daily tokens used and reserved today
/// @param monthly tokens used and reserved this month
public record Spending(long daily, long monthly) {}
