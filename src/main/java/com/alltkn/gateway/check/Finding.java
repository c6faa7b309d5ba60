package com.alltkn.gateway.check;

import java.util.Optional;

/// Something that a start is refused for. None of it ever holds a secret.
///
/// @param setting the name of what has to change, in the spelling that it was set in
/// @param what is wrong: a sentence for people that begins with the name
/// @param value what it is set to, as far as that may be shown
/// @param source where that was set; empty where nobody did
/// @param mend what to do about it, for people
public record Finding(
        String setting, String what, SeenValue value, Optional<String> source, String mend) {}
