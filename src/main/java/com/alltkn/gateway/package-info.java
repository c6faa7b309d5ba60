/// The process: `main` and the checks that refuse a dangerous start.
@NullMarked
package com.alltkn.gateway;

import org.jspecify.annotations.NullMarked;
