package com.alltkn.gateway.management;

import java.util.Set;

/// What a feature answers on the management port: a bean of this type opens its paths, and nothing
/// else does.
public interface ManagementPaths {

    /// @return the paths, each as it has to be sent
    Set<String> paths();
}
