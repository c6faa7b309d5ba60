package com.alltkn.gateway.rollout;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.check.Strictness;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Whatever a source holds comes to settings that keep every rule, or to a sentence; neither shows
/// the key, wherever else it was written.
///
/// An input has a field on each line, `NAME=value`; with `default ` before it, it stands in the
/// environment. `@KEY@` stands for a key. A value after `#` is a number, after `~` a floating one,
/// after `!` a boolean, after `[` a list; `\n` is a line break.
public final class SettingsParserFuzz {

    private static final String CORE = "qz7xcore91kdlm";
    private static final String KEY = "sk-" + CORE + "-4c81d6f0";
    private static final List<String> HOSTS = List.of("api.alltkn.com", "localhost", "::1");

    private SettingsParserFuzz() {}

    /// Fails if something does not hold for these bytes.
    public static void check(byte[] input) {
        var fields = new HashMap<String, @Nullable Object>();
        var defaults = new HashMap<String, String>();
        for (var line : new String(input, UTF_8).split("\n", -1)) {
            var equals = line.indexOf('=');
            if (equals < 0) {
                continue;
            }
            var text = line.substring(equals + 1).replace("@KEY@", KEY).replace("\\n", "\n");
            if (line.startsWith("default ")) {
                defaults.put(line.substring("default ".length(), equals), text);
            } else {
                fields.put(line.substring(0, equals), value(text));
            }
        }
        var strictness =
                Strictness.values()[
                        Math.floorMod(Arrays.hashCode(input), Strictness.values().length)];
        var hosts = new AllowedHosts(strictness, HOSTS);

        var key = fields.get(Setting.API_KEY.key()) instanceof String text ? text : "";

        switch (new SettingsParser(hosts, defaults).parse("vault", known(fields))) {
            case Parsing.Rejected rejected -> checkShown(rejected.sentence(), key);
            case Parsing.Parsed(var settings) -> {
                check(settings, hosts);
                checkShown(settings.baseUrl().toString(), key);
                checkShown(settings.defaultModel(), key);
                settings.fallbackModels().forEach(model -> checkShown(model, key));
                assertThat(settings.apiKey().reveal()).isEqualTo(key);
                assertThat(again(settings, hosts)).isEqualTo(settings.contentId());
            }
        }
    }

    private static void check(Settings settings, AllowedHosts hosts) {
        var url = settings.baseUrl();
        assertThat(hosts.allows(url)).isTrue();
        assertThat(hosts.allowsScheme(url)).isTrue();
        assertThat(url.getRawUserInfo()).isNull();
        assertThat(url.getRawQuery()).isNull();
        assertThat(url.getRawFragment()).isNull();
        assertThat(url.normalize()).isEqualTo(url);
        assertThat(settings.defaultModel()).isNotEmpty().doesNotContainAnyWhitespaces();
        assertThat(settings.requestTimeout()).isBetween(Duration.ofMillis(1), Duration.ofHours(1));
        assertThat(settings.fallbackModels())
                .hasSizeLessThanOrEqualTo(SettingsParser.MAX_FALLBACK_MODELS)
                .doesNotHaveDuplicates()
                .noneMatch(String::isBlank);
        assertThat(settings.canaryPercent()).isBetween(0, Settings.MAX_CANARY_PERCENT);
        assertThat(settings.apiKey().reveal()).matches("[!-~]{1,4096}");
    }

    /// Of a key that is made up of other words nothing can be told.
    private static void checkShown(String text, String key) {
        assertThat(text).isNotBlank();
        if (key.contains(CORE)) {
            assertThat(text).doesNotContainIgnoringCase(key);
        }
    }

    /// What they were read as says the same when it is read.
    private static Settings.ContentId again(Settings settings, AllowedHosts hosts) {
        var fields = new HashMap<String, Object>();
        fields.put(Setting.API_KEY.key(), settings.apiKey().reveal());
        fields.put(Setting.BASE_URL.key(), settings.baseUrl().toString());
        fields.put(Setting.DEFAULT_MODEL.key(), settings.defaultModel());
        fields.put(Setting.REQUEST_TIMEOUT.key(), settings.requestTimeout().toMillis());
        fields.put(Setting.LOG_LEVEL.key(), settings.logLevel().name());
        fields.put(Setting.CANARY_PERCENT.key(), settings.canaryPercent());
        if (!settings.fallbackModels().isEmpty()) {
            fields.put(Setting.FALLBACK_MODELS.key(), String.join(",", settings.fallbackModels()));
        }
        var parsing = new SettingsParser(hosts, Map.of()).parse("vault", fields);
        return ((Parsing.Parsed) parsing).settings().contentId();
    }

    /// As Vault's client gives them: a null value is in the map.
    @SuppressWarnings("NullAway")
    private static Map<String, Object> known(Map<String, @Nullable Object> fields) {
        return new HashMap<>(fields);
    }

    private static @Nullable Object value(String text) {
        if (text.equals("null")) {
            return null;
        }
        var rest = text.isEmpty() ? "" : text.substring(1);
        try {
            return switch (text.isEmpty() ? ' ' : text.charAt(0)) {
                case '#' -> new BigDecimal(rest);
                case '~' -> Double.valueOf(rest);
                case '!' -> Boolean.valueOf(rest);
                case '[' -> new ArrayList<>(List.of(rest));
                default -> text;
            };
        } catch (NumberFormatException noNumber) {
            return text;
        }
    }
}
