package com.alltkn.gateway.rollout;

import com.alltkn.gateway.check.Start;
import com.alltkn.gateway.check.StartCheck;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// What may stand in the process' environment of a revision's settings: no key, nothing that a
/// browser could get to see, and only sound defaults.
public final class EnvironmentCheck implements StartCheck {

    private static final List<String> BROWSER_PREFIXES =
            List.of(
                    "NEXT_PUBLIC_",
                    "VITE_",
                    "REACT_APP_",
                    "PUBLIC_",
                    "NUXT_PUBLIC_",
                    "EXPO_PUBLIC_");

    @Override
    public void look(Start start) {
        if (start.refusesDangerousSettings()) {
            key(start);
            browserBoundNames(start);
            defaults(start);
        }
    }

    private static void key(Start start) {
        var key = Setting.API_KEY.key();
        if (start.fromEnvironment(key).isPresent()) {
            start.refuse(
                    key,
                    "must not stand in the process' environment in "
                            + start.profile()
                            + ": keep it in the source that gateway.source names",
                    "take it out of the environment");
        }
    }

    private static void browserBoundNames(Start start) {
        for (var prefix : BROWSER_PREFIXES) {
            for (var setting : Setting.values()) {
                var name = prefix + setting.key();
                if (start.fromEnvironment(name).isPresent()) {
                    start.refuseHidden(
                            name,
                            "must not be set: a bundler may copy its value to browsers",
                            "take it out, here and where the pages are built");
                }
            }
        }
    }

    /// The defaults under every revision are held to the same rules as a revision; one at a time,
    /// so that each fault is named.
    private static void defaults(Start start) {
        var hosts =
                Stream.of(
                                start.property("gateway.upstream.allowed-hosts")
                                        .orElse(AllowedHostsConfig.DEFAULT)
                                        .split(",", -1))
                        .filter(host -> !host.isBlank())
                        .toList();
        for (var setting : Setting.DEFAULTABLE) {
            start.fromEnvironment(setting.key())
                    .map(value ->
                            new SettingsParser(
                                    new AllowedHosts(start.strictness(), hosts),
                                    Map.of(setting.key(), value)))
                    .flatMap(parser -> parser.rejectedDefault(setting))
                    .ifPresent(rejected ->
                            start.refuseSaying(
                                    setting.key(),
                                    rejected.sentence(),
                                    "mend the default, or leave it to the source"));
        }
    }
}
