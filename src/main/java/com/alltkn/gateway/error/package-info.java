/// What a caller may be told when a request cannot be answered: the closed list of errors, their
/// statuses and the texts a product can show to its own users.
@NullMarked
package com.alltkn.gateway.error;

import org.jspecify.annotations.NullMarked;
