package com.alltkn.gateway.rollout;

import com.alltkn.gateway.check.Strictness;
import java.net.URI;
import java.util.Collection;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Where a key may be sent. Whoever writes the base URL receives the key, so the hosts stand in the
/// configuration of the process and not beside the key.
public final class AllowedHosts {

    private static final Pattern LOOPBACK_V4 =
            Pattern.compile("127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}");

    private final Strictness strictness;
    private final Set<String> hosts;

    /// @param strictness what the profile allows
    /// @param hosts names or addresses, without scheme, port or path
    public AllowedHosts(Strictness strictness, Collection<String> hosts) {
        this.strictness = strictness;
        this.hosts =
                hosts.stream()
                        .map(host -> withoutBrackets(host.strip().toLowerCase(Locale.ROOT)))
                        .collect(Collectors.toCollection(TreeSet::new));
    }

    /// @param url an absolute URL
    /// @return whether its host may receive the key; in `dev` any may
    public boolean allows(URI url) {
        return strictness == Strictness.DEV || hosts.contains(host(url));
    }

    /// Plain http only where it cannot leave the machine, or on a developer's machine.
    ///
    /// @param url an absolute URL
    /// @return whether its scheme may carry the key
    public boolean allowsScheme(URI url) {
        if ("https".equalsIgnoreCase(url.getScheme())) {
            return true;
        }
        return "http".equalsIgnoreCase(url.getScheme())
                && switch (strictness) {
                    case DEV -> true;
                    case TEST -> isLoopback(host(url));
                    case STAGING, PROD -> false;
                };
    }

    // Decided by the text alone: a name that resolves to a loopback address today may not tomorrow.
    private static boolean isLoopback(String host) {
        return host.equals("localhost")
                || host.equals("::1")
                || LOOPBACK_V4.matcher(host).matches();
    }

    private static String host(URI url) {
        var host = url.getHost();
        return host == null ? "" : withoutBrackets(host.toLowerCase(Locale.ROOT));
    }

    private static String withoutBrackets(String host) {
        return host.startsWith("[") && host.endsWith("]")
                ? host.substring(1, host.length() - 1)
                : host;
    }
}
