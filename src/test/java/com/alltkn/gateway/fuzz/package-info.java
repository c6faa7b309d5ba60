/// What reads the bytes of strangers, under bytes that nobody thought of: each target says what
/// must hold for any input. The ordinary tests run them over `src/test/fuzz` and some thousand
/// mutations of it; [com.alltkn.gateway.fuzz.Fuzz] lets Jazzer search.
@NullMarked
package com.alltkn.gateway.fuzz;

import org.jspecify.annotations.NullMarked;
