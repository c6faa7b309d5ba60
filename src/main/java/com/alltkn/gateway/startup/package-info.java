/// A start: what is looked over before it, in one list, and what is said where it fails.
@NullMarked
package com.alltkn.gateway.startup;

import org.jspecify.annotations.NullMarked;
