/// The port of probes, meters and operators, which answers what features put there and nothing
/// else.
@NullMarked
package com.alltkn.gateway.management;

import org.jspecify.annotations.NullMarked;
