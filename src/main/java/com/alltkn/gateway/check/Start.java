package com.alltkn.gateway.check;

import com.alltkn.gateway.check.SeenValue.Hidden;
import com.alltkn.gateway.check.SeenValue.Shown;
import com.alltkn.gateway.check.SeenValue.Unset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/// A start that is looked over: what it would run with, and why it is refused, if it is.
public final class Start {

    private static final String ENVIRONMENT = "environment";

    /// What SmallRye Config takes for yes.
    private static final Set<String> YES = Set.of("true", "1", "yes", "y", "on");

    /// Shorter values, such as `false`, are found in any text.
    private static final int SHORTEST_SECRET = 8;

    private final Strictness strictness;
    private final Function<String, Optional<Property>> config;
    private final Set<String> names;
    private final Map<String, String> environment;
    private final List<Finding> findings = new ArrayList<>();

    /// @param strictness of the active profile
    /// @param config a property by its name, empty if there is none
    /// @param names the names of all properties that are set
    /// @param environment the process' environment
    public Start(
            Strictness strictness,
            Function<String, Optional<Property>> config,
            Set<String> names,
            Map<String, String> environment) {
        this.strictness = strictness;
        this.config = config;
        this.names = Set.copyOf(names);
        this.environment = Map.copyOf(environment);
    }

    /// @return what the active profile allows
    public Strictness strictness() {
        return strictness;
    }

    /// @return the active profile's name
    public String profile() {
        return strictness.profile();
    }

    /// @return whether a dangerous setting refuses the start
    public boolean refusesDangerousSettings() {
        return strictness.refusesDangerousSettings();
    }

    /// @return the names of all properties that are set, in order
    public List<String> names() {
        return names.stream().sorted().toList();
    }

    /// @return the process' environment
    public Map<String, String> environment() {
        return environment;
    }

    /// @param name of a property
    /// @return its value; empty if there is none
    public Optional<String> property(String name) {
        return config.apply(name).map(Property::value);
    }

    /// @param name of a variable
    /// @return its value; also that of a .env file beside the process, which configuration takes
    ///   for environment
    public Optional<String> fromEnvironment(String name) {
        return Optional.ofNullable(environment.get(name))
                .or(() -> property(name))
                .filter(value -> !value.isBlank());
    }

    /// @param name of a property
    /// @return whether it has a value that is more than white space
    public boolean isSet(String name) {
        return !isMissing(name);
    }

    /// @param name of a property
    /// @return whether it has no value, or nothing but white space
    public boolean isMissing(String name) {
        return value(name).isEmpty();
    }

    /// @param name of a property
    /// @return its value without the space around it; empty if there is none
    public String value(String name) {
        return property(name).map(String::strip).orElse("");
    }

    /// @param name of a property or a variable
    /// @return its letters and digits, in small: the same for a property and its variable
    public static String bare(String name) {
        return name.replaceAll("[^A-Za-z0-9]", "").toLowerCase(Locale.ROOT);
    }

    /// @param value of a switch
    /// @return whether configuration takes it for yes
    public static boolean isYes(String value) {
        return YES.contains(value.toLowerCase(Locale.ROOT));
    }

    /// Refuses the start.
    ///
    /// @param setting what has to change: a property or a variable
    /// @param fact goes on with a sentence that begins with the setting's name
    /// @param mend what to do about it
    public void refuse(String setting, String fact, String mend) {
        refuseSaying(setting, setting + " " + fact, mend);
    }

    /// Refuses the start for a setting that may hold a secret whatever its name is.
    ///
    /// @param setting what has to change: a property or a variable
    /// @param fact goes on with a sentence that begins with the setting's name
    /// @param mend what to do about it
    public void refuseHidden(String setting, String fact, String mend) {
        findings.add(
                new Finding(
                        setting,
                        setting + " " + fact,
                        new Hidden(),
                        find(setting).map(Property::source),
                        mend));
    }

    /// Refuses the start in words of somebody else's.
    ///
    /// @param setting what has to change: a property or a variable
    /// @param sentence begins with its name and holds no secret
    /// @param mend what to do about it
    public void refuseSaying(String setting, String sentence, String mend) {
        var set = find(setting);
        findings.add(
                new Finding(
                        setting,
                        sentence,
                        set.map(one -> seen(setting, one.value())).orElse(new Unset()),
                        set.map(Property::source),
                        mend));
    }

    /// @return why the start is refused, in the order in which it was found out; nothing if it is
    ///   not
    public List<Finding> findings() {
        return List.copyOf(findings);
    }

    private Optional<Property> find(String setting) {
        return config.apply(setting)
                .or(() ->
                        environment.entrySet().stream()
                                .filter(variable -> bare(variable.getKey()).equals(bare(setting)))
                                .findFirst()
                                .map(variable -> new Property(variable.getValue(), ENVIRONMENT)));
    }

    /// What is hidden in one place is not shown in another that it was put into by mistake.
    private SeenValue seen(String name, String value) {
        return SeenValue.mayHoldASecret(name) || secrets().anyMatch(value::contains)
                ? new Hidden()
                : new Shown(value);
    }

    private Stream<String> secrets() {
        return Stream.concat(
                        names.stream()
                                .filter(SeenValue::mayHoldASecret)
                                .flatMap(name -> expanded(name).stream()),
                        environment.entrySet().stream()
                                .filter(variable -> SeenValue.mayHoldASecret(variable.getKey()))
                                .map(Map.Entry::getValue))
                .map(String::strip)
                .filter(value -> value.length() >= SHORTEST_SECRET);
    }

    /// One that refers to what is not there holds nothing; nor need anybody ever read it.
    private Optional<String> expanded(String name) {
        try {
            return property(name);
        } catch (NoSuchElementException e) {
            return Optional.empty();
        }
    }
}
