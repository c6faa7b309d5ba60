package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.Parsing.Parsed;
import com.alltkn.gateway.rollout.Parsing.Rejected;
import com.alltkn.gateway.secret.KeyId;
import com.alltkn.gateway.secret.Secret;
import java.math.BigDecimal;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// Makes settings of a source's fields, or says why not, before anything is sent anywhere. For each
/// setting the source's own field wins, then the default of the process' environment, then the
/// built-in one. Fields with other names are ignored: a source may hold more than the gateway
/// knows.
public final class SettingsParser {

    /// The origin of a value that came from the process' environment.
    public static final String ENVIRONMENT = "environment";

    /// The origin of a value that nobody gave.
    public static final String BUILT_IN = "default";

    static final int MAX_MODEL_LENGTH = 200;
    static final int MAX_FALLBACK_MODELS = 8;
    private static final int MIN_KEY_LENGTH = 16;
    private static final long MAX_TIMEOUT_MILLIS = Duration.ofHours(1).toMillis();
    private static final Pattern MODEL = Pattern.compile("[^\\s\\p{Cntrl}\\p{Cf}]+");
    private static final Pattern DIGITS = Pattern.compile("-?[0-9]{1,18}");

    private static final Map<Setting, String> BUILT_INS =
            Map.of(
                    Setting.BASE_URL, "https://api.alltkn.com/api/v1",
                    Setting.DEFAULT_MODEL, "deepseek-chat",
                    Setting.REQUEST_TIMEOUT, "60000",
                    Setting.LOG_LEVEL, "info");

    private final AllowedHosts hosts;
    private final Map<String, String> defaults;

    /// @param hosts where the key may be sent
    /// @param defaults the settings that stand in the process' environment, by name; a key among
    ///   them is never taken
    public SettingsParser(AllowedHosts hosts, Map<String, String> defaults) {
        this.hosts = hosts;
        this.defaults = Map.copyOf(defaults);
    }

    /// Pure: the same fields always come to the same.
    ///
    /// @param source the name of the source, for origins and sentences
    /// @param fields what the source holds; numbers and booleans are taken by their text
    /// @return settings or the first rule that was broken
    public Parsing parse(String source, Map<String, Object> fields) {
        try {
            return new Parsed(new Reader(source, fields).settings());
        } catch (RuleBrokenException e) {
            return e.rejected;
        }
    }

    /// Holds one of the defaults to the rules, whatever the others are.
    ///
    /// @param setting no secret
    /// @return the first rule that it breaks; empty if it breaks none, or is not set
    public Optional<Rejected> rejectedDefault(Setting setting) {
        try {
            new Reader(ENVIRONMENT, Map.of()).read(setting);
            return Optional.empty();
        } catch (RuleBrokenException e) {
            return Optional.of(e.rejected);
        }
    }

    private final class Reader {

        private final String source;
        private final Map<String, Object> fields;
        private final Map<String, String> origins = new TreeMap<>();

        Reader(String source, Map<String, Object> fields) {
            this.source = source;
            this.fields = fields;
        }

        Settings settings() throws RuleBrokenException {
            var key = key();
            return new Settings(
                    key,
                    KeyId.of(key),
                    baseUrl(),
                    model(Setting.DEFAULT_MODEL, text(Setting.DEFAULT_MODEL)),
                    timeout(Setting.REQUEST_TIMEOUT),
                    logLevel(),
                    fallbackModels(),
                    canaryPercent(),
                    clocks(),
                    origins);
        }

        void read(Setting setting) throws RuleBrokenException {
            var _ =
                    switch (setting) {
                        case API_KEY -> key();
                        case BASE_URL -> baseUrl();
                        case DEFAULT_MODEL -> model(setting, text(setting));
                        case LOG_LEVEL -> logLevel();
                        case FALLBACK_MODELS -> fallbackModels();
                        case CANARY_PERCENT -> canaryPercent();
                        case REQUEST_TIMEOUT -> timeout(setting);
                        case CONNECT_TIMEOUT, FIRST_BYTE_TIMEOUT, IDLE_TIMEOUT, STREAM_TIMEOUT ->
                                clock(setting);
                    };
        }

        private Secret key() throws RuleBrokenException {
            var value = fields.get(Setting.API_KEY.key());
            origins.put(Setting.API_KEY.key(), source);
            if (value == null) {
                throw broken(Setting.API_KEY, RejectionReason.KEY_MISSING, "is missing");
            }
            var rejected = KeyRules.check(value, where(Setting.API_KEY));
            if (rejected != null) {
                throw new RuleBrokenException(rejected);
            }
            return Secret.of((String) value);
        }

        private URI baseUrl() throws RuleBrokenException {
            var setting = Setting.BASE_URL;
            var text = text(setting);
            URI url;
            try {
                url = new URI(text.replaceAll("/+$", ""));
            } catch (URISyntaxException e) {
                throw broken(setting, RejectionReason.BASE_URL_INVALID, "is no URL");
            }
            // The user and password may be secrets, so the sentence shows nothing of the value.
            if (url.getRawUserInfo() != null
                    || (url.getRawAuthority() != null && url.getRawAuthority().contains("@"))) {
                throw broken(
                        setting,
                        RejectionReason.BASE_URL_HAS_USER_INFO,
                        "contains a user or password");
            }
            if (url.getRawQuery() != null) {
                throw broken(setting, RejectionReason.BASE_URL_HAS_QUERY, "contains a query");
            }
            if (url.getRawFragment() != null) {
                throw broken(setting, RejectionReason.BASE_URL_HAS_FRAGMENT, "contains a fragment");
            }
            if (url.isOpaque()
                    || url.getScheme() == null
                    || url.getHost() == null
                    || url.getPort() == 0
                    || url.getPort() > 65535
                    || !url.equals(url.normalize())) {
                throw broken(
                        setting,
                        RejectionReason.BASE_URL_INVALID,
                        "is no absolute URL of the form https://host/path");
            }
            if (!hosts.allowsScheme(url)) {
                throw broken(
                        setting,
                        RejectionReason.BASE_URL_NOT_HTTPS,
                        "must begin with https:// so that the key is not sent unencrypted");
            }
            if (!hosts.allows(url)) {
                throw broken(
                        setting,
                        RejectionReason.BASE_URL_HOST_NOT_ALLOWED,
                        "names the host "
                                + url.getHost()
                                + ", which is not in gateway.upstream.allowed-hosts");
            }
            return normalised(url);
        }

        private Clocks clocks() throws RuleBrokenException {
            return new Clocks(
                    clock(Setting.CONNECT_TIMEOUT),
                    clock(Setting.FIRST_BYTE_TIMEOUT),
                    clock(Setting.IDLE_TIMEOUT),
                    clock(Setting.STREAM_TIMEOUT));
        }

        private Optional<Duration> clock(Setting setting) throws RuleBrokenException {
            return isGiven(setting) ? Optional.of(timeout(setting)) : Optional.empty();
        }

        private Duration timeout(Setting setting) throws RuleBrokenException {
            var number = wholeNumber(setting);
            if (number.isEmpty()) {
                throw broken(
                        setting,
                        RejectionReason.TIMEOUT_NOT_A_NUMBER,
                        "is no whole number of milliseconds");
            }
            var millis = number.getAsLong();
            if (millis < 1 || millis > MAX_TIMEOUT_MILLIS) {
                throw broken(
                        setting,
                        RejectionReason.TIMEOUT_OUT_OF_RANGE,
                        "must be between 1 and " + MAX_TIMEOUT_MILLIS + " milliseconds");
            }
            return Duration.ofMillis(millis);
        }

        private LogLevel logLevel() throws RuleBrokenException {
            var setting = Setting.LOG_LEVEL;
            var level = LogLevel.of(text(setting));
            if (level.isEmpty()) {
                throw broken(
                        setting,
                        RejectionReason.LOG_LEVEL_UNKNOWN,
                        "must be one of error, warn, info, debug, trace");
            }
            return level.get();
        }

        private List<String> fallbackModels() throws RuleBrokenException {
            var setting = Setting.FALLBACK_MODELS;
            if (!isGiven(setting)) {
                return List.of();
            }
            var models = new ArrayList<String>();
            for (var part : text(setting).split(",", -1)) {
                var model = model(setting, part.strip());
                if (!models.contains(model)) {
                    models.add(model);
                }
            }
            if (models.size() > MAX_FALLBACK_MODELS) {
                throw broken(
                        setting,
                        RejectionReason.TOO_MANY_MODELS,
                        "names more than " + MAX_FALLBACK_MODELS + " models");
            }
            return models;
        }

        private int canaryPercent() throws RuleBrokenException {
            var setting = Setting.CANARY_PERCENT;
            if (!isGiven(setting)) {
                return 0;
            }
            var percent = wholeNumber(setting).orElse(-1);
            if (percent < 0 || percent > Settings.MAX_CANARY_PERCENT) {
                throw broken(
                        setting,
                        RejectionReason.CANARY_PERCENT_INVALID,
                        "must be a whole number from 0 to " + Settings.MAX_CANARY_PERCENT);
            }
            return Math.toIntExact(percent);
        }

        private OptionalLong wholeNumber(Setting setting) throws RuleBrokenException {
            var text = text(setting);
            try {
                return OptionalLong.of(
                        fields.get(setting.key()) instanceof Number number
                                ? new BigDecimal(number.toString()).longValueExact()
                                : Long.parseLong(DIGITS.matcher(text).matches() ? text : ""));
            } catch (ArithmeticException | NumberFormatException e) {
                return OptionalLong.empty();
            }
        }

        private boolean isGiven(Setting setting) {
            return fields.containsKey(setting.key()) || defaults.containsKey(setting.key());
        }

        private String model(Setting setting, String model) throws RuleBrokenException {
            if (model.isEmpty()) {
                throw broken(setting, RejectionReason.BLANK, "names a model that is blank");
            }
            if (model.length() > MAX_MODEL_LENGTH) {
                throw broken(
                        setting,
                        RejectionReason.MODEL_TOO_LONG,
                        "names a model of more than " + MAX_MODEL_LENGTH + " characters");
            }
            if (!MODEL.matcher(model).matches()) {
                throw broken(
                        setting,
                        RejectionReason.MODEL_INVALID,
                        "names a model with a space or control character");
            }
            return model;
        }

        /// The value of a setting that is no secret, as text without white space around it.
        private String text(Setting setting) throws RuleBrokenException {
            var own = fields.get(setting.key());
            var inherited = defaults.get(setting.key());
            Object value;
            if (own != null) {
                origins.put(setting.key(), source);
                value = own;
            } else if (inherited != null) {
                origins.put(setting.key(), ENVIRONMENT);
                value = inherited;
            } else {
                origins.put(setting.key(), BUILT_IN);
                value = BUILT_INS.getOrDefault(setting, "");
            }
            if (!(value instanceof String || value instanceof Number || value instanceof Boolean)) {
                throw broken(
                        setting,
                        RejectionReason.NOT_A_VALUE,
                        "is a list or an object where one value is expected");
            }
            var text = value.toString().strip();
            if (text.isEmpty()) {
                throw broken(setting, RejectionReason.BLANK, "is blank");
            }
            if (containsKey(text)) {
                throw broken(
                        setting,
                        RejectionReason.KEY_IN_ANOTHER_SETTING,
                        "contains the key, and this setting is shown");
            }
            if (KeyRules.isReference(text)) {
                throw broken(
                        setting,
                        RejectionReason.UNRESOLVED_REFERENCE,
                        "is a reference that was not resolved");
            }
            return text;
        }

        /// In any case of letters, for a host is shown in small ones. A short key is none, and may
        /// be part of a word.
        private boolean containsKey(String text) {
            return fields.get(Setting.API_KEY.key()) instanceof String key
                    && key.length() >= MIN_KEY_LENGTH
                    && text.toLowerCase(Locale.ROOT).contains(key.toLowerCase(Locale.ROOT));
        }

        private String where(Setting setting) {
            return setting.key() + " from " + origins.get(setting.key());
        }

        private RuleBrokenException broken(Setting setting, RejectionReason reason, String fact) {
            return new RuleBrokenException(new Rejected(reason, where(setting) + " " + fact));
        }
    }

    private static URI normalised(URI url) {
        var path = url.getRawPath().replaceAll("/+$", "");
        var port = url.getPort() < 0 ? "" : ":" + url.getPort();
        return URI.create(
                url.getScheme().toLowerCase(Locale.ROOT)
                        + "://"
                        + url.getHost().toLowerCase(Locale.ROOT)
                        + port
                        + path);
    }

    /// Ends the reading at the first broken rule; never leaves this class.
    private static final class RuleBrokenException extends Exception {

        private final transient Rejected rejected;

        RuleBrokenException(Rejected rejected) {
            super(rejected.sentence(), null, false, false);
            this.rejected = rejected;
        }
    }
}
