/// A secret's type: how a credential is held, compared, named and hidden.
@NullMarked
package com.alltkn.gateway.secret;

import org.jspecify.annotations.NullMarked;
