package com.alltkn.gateway.upstream;

import com.alltkn.gateway.laboratory.Mappings;
import java.util.Map;

/// Gates before no upstream, for tests of those who stand before one.
public final class MadeUpGate {

    private MadeUpGate() {}

    /// @param limit how many may be inside, whatever happens
    /// @return a gate with nobody inside
    public static UpstreamGate of(int limit) {
        var number = Integer.toString(limit);
        return new UpstreamGate(
                Mappings.read(
                        GateConfig.class,
                        Map.of(
                                "gateway.upstream.gate.initial-limit", number,
                                "gateway.upstream.gate.min-limit", number,
                                "gateway.upstream.gate.max-limit", number)));
    }
}
