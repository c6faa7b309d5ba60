package com.alltkn.gateway.check;

/// A value that is set, and by whom.
///
/// @param value the text, with nothing of it replaced any more
/// @param source where it is from, for people
public record Property(String value, String source) {}
