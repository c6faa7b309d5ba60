/// What a caller is told: the head of every answer, upstream's handed on, and errors.
@NullMarked
package com.alltkn.gateway.exchange.answer;

import org.jspecify.annotations.NullMarked;
