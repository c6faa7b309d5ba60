/// Meters, traces and log levels: listens to the features, reads their views and is the only one
/// that knows Micrometer and OpenTelemetry.
@NullMarked
package com.alltkn.gateway.telemetry;

import org.jspecify.annotations.NullMarked;
