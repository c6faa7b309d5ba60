/// Revisions and their life: where settings come from, what makes them acceptable, and which
/// revision carries requests. [com.alltkn.gateway.rollout.RevisionLoop] reads the one
/// [com.alltkn.gateway.rollout.SettingsSource] and hands every reading to
/// [com.alltkn.gateway.rollout.Revisions], the only owner of the state.
@NullMarked
package com.alltkn.gateway.rollout;

import org.jspecify.annotations.NullMarked;
