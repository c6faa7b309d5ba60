package com.alltkn.gateway.startup;

import com.alltkn.gateway.check.SeenValue;
import com.alltkn.gateway.check.Start;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jspecify.annotations.Nullable;

/// What a failed start says. Libraries quote the value that they could not use, and a value may be
/// a secret or an address with a password in it: a line that holds any piece of such a value gives
/// way to the names of the settings that it is from.
public final class StartFailure {

    /// Of addresses and lists, what is between these.
    private static final Pattern SEPARATORS = Pattern.compile("[\\s,;:/@?&=\"'\\[\\]{}()<>|\\\\]+");

    private static final Pattern SCHEME = Pattern.compile("[a-z][a-z0-9+.-]*(?=://)");

    /// Shorter ones are found in any text.
    private static final int SHORTEST_PIECE = 4;

    private static final Set<String> NO_SECRETS = Set.of("true", "false", "none");

    /// Sources below are defaults of libraries; `application.properties` has this.
    private static final int SET_BY_SOMEBODY = 250;

    private static final Pattern CONVERTED =
            Pattern.compile("The config property (.+?) with the config value ");

    private final Map<String, Set<String>> pieces = new TreeMap<>();

    /// @param settings all that are set, by name; what cannot hold a secret is left alone
    StartFailure(Map<String, String> settings) {
        settings.forEach((name, value) -> {
            if (SeenValue.mayHoldASecret(name)) {
                pieces.put(name, piecesOf(value));
            }
        });
    }

    /// @return with whatever can be known of this process' settings: a start may fail before there
    ///   is a configuration
    public static StartFailure ofThisProcess() {
        var settings = new TreeMap<String, String>();
        try {
            var config = ConfigProvider.getConfig();
            for (var name : config.getPropertyNames()) {
                var value = config.getConfigValue(name);
                if (value.getSourceOrdinal() >= SET_BY_SOMEBODY) {
                    settings.put(name, value.getRawValue() + "\n" + value.getValue());
                }
            }
        } catch (RuntimeException e) {
            // Then the process itself is asked, and the message often names the setting.
            settings.clear();
        }
        var known = settings.keySet().stream().map(Start::bare).collect(Collectors.toSet());
        Stream.concat(
                        System.getenv().entrySet().stream(),
                        System.getProperties().entrySet().stream())
                .filter(setting -> known.add(Start.bare(setting.getKey().toString())))
                .forEach(setting ->
                        settings.put(setting.getKey().toString(), setting.getValue().toString()));
        return new StartFailure(settings);
    }

    /// @param failure that ended the start
    /// @return what can be said of its first cause
    public String words(Throwable failure) {
        var cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof RefusedStartException) {
            return String.valueOf(cause.getMessage());
        }
        return Objects.requireNonNullElse(cause.getMessage(), cause.toString())
                .lines()
                .map(this::line)
                .distinct()
                .collect(Collectors.joining(System.lineSeparator()));
    }

    private String line(String line) {
        var names = new LinkedHashSet<String>();
        var converted = CONVERTED.matcher(line);
        if (converted.find() && SeenValue.mayHoldASecret(converted.group(1))) {
            names.add(converted.group(1));
        } else {
            pieces.forEach((name, itsPieces) -> {
                if (itsPieces.stream().anyMatch(line::contains)) {
                    names.add(name);
                }
            });
        }
        return names.isEmpty()
                ? line
                : String.join(", ", names)
                        + " cannot be used; the value may hold a secret and is not shown";
    }

    private static Set<String> piecesOf(String value) {
        return Arrays.stream(value.split("[\\s,]+", -1))
                .flatMap(StartFailure::piecesOfOne)
                .filter(piece -> piece.length() >= SHORTEST_PIECE && !NO_SECRETS.contains(piece))
                .collect(Collectors.toSet());
    }

    private static Stream<String> piecesOfOne(String value) {
        var secret = withoutWhereItIs(value);
        return Stream.of(secret, decoded(secret))
                .flatMap(text -> Stream.concat(Stream.of(text), SEPARATORS.splitAsStream(text)));
    }

    /// @return an address without scheme, host and port, which are no secret and in many a line;
    ///   anything else as it is
    private static String withoutWhereItIs(String value) {
        var address = tryParse(value);
        if (address == null || address.getHost() == null) {
            return SCHEME.matcher(value).replaceFirst("");
        }
        return Stream.of(
                        address.getRawUserInfo(),
                        address.getRawPath(),
                        address.getRawQuery(),
                        address.getRawFragment())
                .filter(Objects::nonNull)
                .collect(Collectors.joining(" "));
    }

    private static @Nullable URI tryParse(String value) {
        try {
            return new URI(value);
        } catch (URISyntaxException e) {
            return null;
        }
    }

    private static String decoded(String value) {
        try {
            return URLDecoder.decode(value, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return value;
        }
    }
}
