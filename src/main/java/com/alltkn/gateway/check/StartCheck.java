package com.alltkn.gateway.check;

/// What a feature demands of the configuration before the gateway starts. Looks at what it is given
/// and at files of the pod, and asks nobody, so that it may run at any time.
public interface StartCheck {

    /// @param start is told of each thing that is wrong
    void look(Start start);
}
