package com.alltkn.gateway.rollout.vault;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Marks a field that receives the made-up key that [OpenBaoResource] wrote.
@Target(ElementType.FIELD)
@Retention(RetentionPolicy.RUNTIME)
public @interface MadeUpKey {}
