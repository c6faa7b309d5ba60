package com.alltkn.gateway.load.siege;

import com.alltkn.gateway.laboratory.MadeUpCallers;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// Who calls.
enum Caller {
    ANNA(""),
    BEN(""),
    CARA(""),

    /// Has a valid credential and means harm.
    MALLORY(""),

    /// The same, and may not use every model, so that uploads are read until they name one.
    TRUDY("models: [\"speech-*\"]");

    private final String policy;

    Caller(String policy) {
        this.policy = policy;
    }

    /// Those who behave well.
    static List<Caller> honest() {
        return List.of(ANNA, BEN, CARA);
    }

    /// The callers file with all of them.
    static String file() {
        return Arrays.stream(values())
                .map(caller ->
                        """
                          - id: %s
                            api-keys: ["sha256:%s"]
                            %s
                        """
                                .formatted(
                                        caller.name().toLowerCase(Locale.ROOT),
                                        MadeUpCallers.sha256(caller.key()),
                                        caller.policy))
                .collect(Collectors.joining("", "callers:\n", ""));
    }

    /// A credential, made up and good for nothing else.
    String key() {
        return "siege-caller-key-of-" + name();
    }
}
