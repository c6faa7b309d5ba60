package com.alltkn.gateway.deploy;

import io.quarkus.runtime.annotations.ConfigPhase;
import io.quarkus.runtime.annotations.ConfigRoot;
import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// The names of environment variables that set something: the gateway's own, of its README, which
/// another test holds to the code, and those that Quarkus and its extensions read at run time.
final class KnownVariables {

    private static final Pattern OWN_KEY =
            Pattern.compile("^\\| `(gateway\\.[a-z.-]+)` \\|", Pattern.MULTILINE);

    private static final Set<String> NAMES = names();

    private KnownVariables() {}

    static boolean contains(String name) {
        return NAMES.contains(name);
    }

    private static Set<String> names() {
        var names = new TreeSet<String>();
        names.add("QUARKUS_PROFILE");
        OWN_KEY.matcher(Manifests.read(Path.of("README.md")))
                .results()
                .forEach(row -> names.add(variable(row.group(1))));
        try {
            var lists =
                    KnownVariables.class
                            .getClassLoader()
                            .getResources("META-INF/quarkus-config-roots.list");
            for (var list : Collections.list(lists)) {
                try (var reader =
                        new BufferedReader(
                                new InputStreamReader(list.openStream(), StandardCharsets.UTF_8))) {
                    reader.lines().forEach(root -> addRoot(root, names));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return names;
    }

    private static void addRoot(String name, Set<String> names) {
        try {
            var root = Class.forName(name, false, KnownVariables.class.getClassLoader());
            // Another phase is over when a pod starts.
            if (root.isInterface()
                    && root.getAnnotation(ConfigRoot.class).phase() == ConfigPhase.RUN_TIME) {
                ConfigMappings.getProperties(ConfigClass.configClass(root))
                        .keySet()
                        .forEach(key -> names.add(variable(key)));
            }
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String variable(String key) {
        return key.replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT);
    }
}
