/// Who calls: the configured callers, and the credential that proves one.
@NullMarked
package com.alltkn.gateway.caller;

import org.jspecify.annotations.NullMarked;
