package com.alltkn.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Holds the README to what the code says.
class ReadmeTest {

    private static final Pattern KEY_ROW =
            Pattern.compile(
                    "^\\| `(gateway\\.[a-z.<>\"-]+)` \\| .* \\| (.*) \\|$", Pattern.MULTILINE);

    private static final JavaClasses OURS =
            new ClassFileImporter(List.of(new DoNotIncludeTests()))
                    .importPackages("com.alltkn.gateway");

    /// Keys that no mapping holds, and defaults that hold in one profile.
    private static final Map<String, String> ELSEWHERE =
            Map.ofEntries(
                    Map.entry("gateway.environment", "the profile"),
                    Map.entry("gateway.source", "`vault`"),
                    Map.entry("gateway.shared-state", "`memory`"),
                    Map.entry("gateway.support", "none"),
                    Map.entry("gateway.traces.endpoint", "none"),
                    Map.entry("gateway.callers.file", "none: must be set"),
                    Map.entry("gateway.callers.development-key", "`dev-caller-key` in `dev`"),
                    Map.entry(
                            "gateway.callers.tokens.audience", "none: must be set with an issuer"),
                    Map.entry("gateway.callers.tokens.tls-configuration", "Java's own"),
                    Map.entry("gateway.upstream.tls-configuration", "Java's own"),
                    Map.entry("gateway.sandbox.url", "`http://127.0.0.1:8089/api/v1` in `dev`"));

    @Test
    void listsEveryKeyWithItsDefault() throws IOException {
        var expected = new TreeMap<String, String>();
        for (var mapping : OURS) {
            if (mapping.isAnnotatedWith(ConfigMapping.class)) {
                expected.putAll(keys(mapping));
            }
        }
        expected.putAll(ELSEWHERE);

        var listed = new TreeMap<String, String>();
        KEY_ROW.matcher(readme()).results().forEach(row -> listed.put(row.group(1), row.group(2)));

        assertThat(listed).isEqualTo(expected);
    }

    @Test
    void namesTheCommandThatIsRunForEveryChange() throws IOException {
        var command = "./mvnw verify";

        assertThat(readme()).contains("```sh\n" + command + "\n```");
        assertThat(Files.readString(Path.of(".ci/run")).replace(" -B -ntp", "")).contains(command);
    }

    private static Map<String, String> keys(JavaClass mapping) {
        var type = mapping.reflect();
        return keys(type.getAnnotation(ConfigMapping.class).prefix(), type);
    }

    private static Map<String, String> keys(String prefix, Class<?> type) {
        var keys = new TreeMap<String, String>();
        for (var method : type.getMethods()) {
            var key = prefix + "." + kebab(method.getName());
            if (method.getGenericReturnType() instanceof ParameterizedType map
                    && map.getRawType() == Map.class
                    && map.getActualTypeArguments()[1] instanceof Class<?> entry) {
                keys.putAll(keys(key + ".\"<name>\"", entry));
            } else {
                keys.put(key, defaultOf(method));
            }
        }
        return keys;
    }

    private static String defaultOf(Method method) {
        return Arrays.stream(method.getAnnotationsByType(WithDefault.class))
                .map(given -> "`" + given.value() + "`")
                .findFirst()
                .orElse("none");
    }

    private static String kebab(String name) {
        return name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    private static String readme() throws IOException {
        return Files.readString(Path.of("README.md"));
    }
}
