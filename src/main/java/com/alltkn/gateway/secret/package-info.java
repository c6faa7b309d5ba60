/// A secret's type: how a credential is held, compared and named without being shown.
@NullMarked
package com.alltkn.gateway.secret;

import org.jspecify.annotations.NullMarked;
