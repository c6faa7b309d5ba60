/// Whether the process is alive, started and ready, and whether upstream answers: a small prompt on
/// a schedule, whose outcome is published and never decides about a probe.
@NullMarked
package com.alltkn.gateway.health;

import org.jspecify.annotations.NullMarked;
