/// The wire language of the OpenAI API: paths, the few request fields the gateway reads, usage,
/// server-sent events and the error envelope. Bodies are scanned in place; none is parsed into a
/// tree or written anew as a whole.
@NullMarked
package com.alltkn.gateway.openai;

import org.jspecify.annotations.NullMarked;
