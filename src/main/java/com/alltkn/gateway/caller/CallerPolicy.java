package com.alltkn.gateway.caller;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;

/// Reads what the callers file says that a caller may do. Each field that a caller does not have is
/// taken from the file's `defaults`.
final class CallerPolicy {

    static final Set<String> FIELDS =
            Set.of(
                    "stored-objects",
                    "fallback",
                    "blocked",
                    "models",
                    "default-model",
                    "limits",
                    "budget");

    private static final Set<String> LIMITS =
            Set.of(
                    "request-bytes",
                    "output-tokens",
                    "requests-per-minute",
                    "tokens-per-minute",
                    "concurrent");
    private static final Set<String> BUDGET = Set.of("daily-tokens", "monthly-tokens");
    private static final int LONGEST_MODEL = 200;
    private static final int MOST_MODELS = 100;

    private final JsonNode own;
    private final JsonNode defaults;
    private final String place;

    /// @param own the fields of the caller
    /// @param defaults the fields of every caller
    /// @param place where the caller's stand, for messages
    CallerPolicy(JsonNode own, JsonNode defaults, String place) {
        this.own = own;
        this.defaults = defaults;
        this.place = place;
        CallersFile.checkFields(own.path("limits"), LIMITS, place + ".limits");
        CallersFile.checkFields(own.path("budget"), BUDGET, place + ".budget");
    }

    /// @param id the caller's name
    /// @return the caller with everything it may do
    /// @throws InvalidCallersException if a field is wrong
    Caller of(String id) {
        var models = models();
        var defaultModel = defaultModel();
        defaultModel
                .filter(model -> !models.allow(model))
                .ifPresent(_ -> {
                    throw wrong("default-model", "must be one of its models");
                });
        return new Caller(
                id,
                flag("stored-objects", false),
                flag("fallback", true),
                flag("blocked", false),
                models,
                defaultModel,
                new Limits(
                        number("limits", "request-bytes"),
                        number("limits", "output-tokens"),
                        number("limits", "requests-per-minute"),
                        number("limits", "tokens-per-minute"),
                        number("limits", "concurrent")),
                new Budget(number("budget", "daily-tokens"), number("budget", "monthly-tokens")));
    }

    private boolean flag(String name, boolean absent) {
        var value = field(name);
        if (!value.isMissingNode() && !value.isBoolean()) {
            throw wrong(name, "must be true or false");
        }
        return value.asBoolean(absent);
    }

    private ModelPatterns models() {
        var value = field("models");
        if (value.isMissingNode()) {
            return ModelPatterns.ANY;
        }
        if (!value.isArray() || value.isEmpty() || value.size() > MOST_MODELS) {
            throw wrong("models", "must be a list of 1 to " + MOST_MODELS + " names or patterns");
        }
        var patterns = new ArrayList<String>();
        for (var pattern : value) {
            if (!isModel(pattern)) {
                throw wrong("models", "must be names of models, a * for any characters");
            }
            patterns.add(pattern.asText());
        }
        return new ModelPatterns(patterns);
    }

    private Optional<String> defaultModel() {
        var value = field("default-model");
        if (value.isMissingNode()) {
            return Optional.empty();
        }
        if (!isModel(value) || value.asText().contains("*")) {
            throw wrong("default-model", "must be the name of a model");
        }
        return Optional.of(value.asText());
    }

    private static boolean isModel(JsonNode value) {
        return value.isTextual()
                && !value.asText().isBlank()
                && value.asText().length() <= LONGEST_MODEL
                && value.asText().chars().noneMatch(Character::isWhitespace);
    }

    private OptionalLong number(String group, String name) {
        var value =
                Stream.of(own.path(group), defaults.path(group))
                        .map(fields -> fields.path(name))
                        .filter(found -> !found.isMissingNode())
                        .findFirst();
        if (value.isEmpty()) {
            return OptionalLong.empty();
        }
        if (!value.get().isIntegralNumber()
                || !value.get().canConvertToLong()
                || value.get().asLong() < 1) {
            throw wrong(group + "." + name, "must be a whole number of at least 1");
        }
        return OptionalLong.of(value.get().asLong());
    }

    private JsonNode field(String name) {
        var value = own.path(name);
        return value.isMissingNode() ? defaults.path(name) : value;
    }

    private InvalidCallersException wrong(String name, String fact) {
        return new InvalidCallersException(place + "." + name + ": " + fact);
    }
}
