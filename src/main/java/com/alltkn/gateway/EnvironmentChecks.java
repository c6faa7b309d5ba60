package com.alltkn.gateway;

import com.alltkn.gateway.rollout.AllowedHosts;
import com.alltkn.gateway.rollout.Parsing.Rejected;
import com.alltkn.gateway.rollout.Setting;
import com.alltkn.gateway.rollout.SettingsParser;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// What may stand in the process' environment of a revision's settings: no key, nothing that a
/// browser could get to see, and only sound defaults.
final class EnvironmentChecks {

    private static final List<String> BROWSER_PREFIXES =
            List.of(
                    "NEXT_PUBLIC_",
                    "VITE_",
                    "REACT_APP_",
                    "PUBLIC_",
                    "NUXT_PUBLIC_",
                    "EXPO_PUBLIC_");

    private final Start start;

    EnvironmentChecks(Start start) {
        this.start = start;
    }

    void check() {
        keyInEnvironment();
        browserBoundNames();
        defaults();
    }

    private void keyInEnvironment() {
        var key = Setting.API_KEY.key();
        if (start.fromEnvironment(key).isPresent()) {
            start.refuse(
                    key
                            + " must not stand in the process' environment in "
                            + start.profile()
                            + ": keep it in the source that gateway.source names");
        }
    }

    private void browserBoundNames() {
        for (var prefix : BROWSER_PREFIXES) {
            for (var setting : Setting.values()) {
                var name = prefix + setting.key();
                if (start.fromEnvironment(name).isPresent()) {
                    start.refuse(
                            name + " must not be set: a bundler may copy its value to browsers");
                }
            }
        }
    }

    /// The defaults under every revision are held to the same rules as a revision; one at a time,
    /// so that each fault is named.
    private void defaults() {
        var hosts =
                Stream.of(
                                start.property("gateway.upstream.allowed-hosts")
                                        .orElse("api.alltkn.com")
                                        .split(",", -1))
                        .filter(host -> !host.isBlank())
                        .toList();
        for (var setting : Setting.DEFAULTABLE) {
            var value = start.fromEnvironment(setting.key());
            if (value.isEmpty()) {
                continue;
            }
            var parser =
                    new SettingsParser(
                            new AllowedHosts(start.strictness(), hosts),
                            Map.of(setting.key(), value.get()));
            // A base URL of the source's own keeps the built-in one out of the comparison.
            var others = new TreeMap<String, Object>();
            others.put(Setting.API_KEY.key(), "start-check");
            if (setting != Setting.BASE_URL && !hosts.isEmpty()) {
                others.put(Setting.BASE_URL.key(), "https://" + hosts.getFirst().strip());
            }
            if (parser.parse("the check", others) instanceof Rejected(_, var sentence)
                    && sentence.startsWith(setting.key())) {
                start.refuse(sentence);
            }
        }
    }
}
