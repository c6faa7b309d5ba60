package com.alltkn.gateway.rollout;

/// Why a content will not carry requests.
///
/// @param reason the rule or the answer
/// @param sentence what it rests on, for people; never holds the key
public record Rejection(RejectionReason reason, String sentence) {}
