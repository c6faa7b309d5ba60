package com.alltkn.gateway.caller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CallersFileTest {

    private static final String A = hash("key-a");
    private static final String B = hash("key-b");
    private static final String C = hash("key-c");

    @Test
    void readsCallersWithOneKeyOrTwo() {
        var callers =
                read(
                        """
                        callers:
                          - id: billing
                            api-keys: ["%s", "%s"]
                            stored-objects: true
                          - id: search-2.x_y
                            api-keys:
                              - %s
                        """
                                .formatted(A, B.toUpperCase().replace("SHA256", "sha256"), C));

        var billing = new Caller("billing", true, true);
        assertThat(callers.all())
                .containsExactlyInAnyOrder(billing, new Caller("search-2.x_y", false, true));
        assertThat(callers.identify("Bearer key-a")).contains(billing);
        assertThat(callers.identify("Bearer key-b")).contains(billing);
        assertThat(callers.identify("Bearer key-c"))
                .isEqualTo(Optional.of(new Caller("search-2.x_y", false, true)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|callers: must be a list with at least one caller",
                "'# nothing'|callers: must be a list with at least one caller",
                "text|callers: must be a list with at least one caller",
                "'[]'|callers: must be a list with at least one caller",
                "'{}'|callers: must be a list with at least one caller",
                "'callers:'|callers: must be a list with at least one caller",
                "'callers: []'|callers: must be a list with at least one caller",
                "'callers: {a: b}'|callers: must be a list with at least one caller",
                "'callers: [x]'|callers[0]: must have fields",
                "'callers: [[]]'|callers[0]: must have fields",
                "'callers: [null]'|callers[0]: must have fields",
                "'caller: []'|caller: not a known field",
                "'callers: [{api-keys: [A]}]'|"
                        + "callers[0].id: must be [a-z0-9][a-z0-9._-]{0,63}",
                "'callers: [{id: null, api-keys: [A]}]'|"
                        + "callers[0].id: must be [a-z0-9][a-z0-9._-]{0,63}",
                "'callers: [{id: Billing, api-keys: [A]}]'|"
                        + "callers[0].id: must be [a-z0-9][a-z0-9._-]{0,63}",
                "'callers: [{id: \"\", api-keys: [A]}]'|"
                        + "callers[0].id: must be [a-z0-9][a-z0-9._-]{0,63}",
                "'callers: [{id: [a], api-keys: [A]}]'|"
                        + "callers[0].id: must be [a-z0-9][a-z0-9._-]{0,63}",
                "'callers: [{id: a}]'|callers[0].api-keys: must be a list of one or two hashes",
                "'callers: [{id: a, api-keys: A}]'|"
                        + "callers[0].api-keys: must be a list of one or two hashes",
                "'callers: [{id: a, api-keys: []}]'|"
                        + "callers[0].api-keys: must be a list of one or two hashes",
                "'callers: [{id: a, api-keys: [A, B, C]}]'|"
                        + "callers[0].api-keys: must be a list of one or two hashes",
                "'callers: [{id: a, api-keys: [B, key-a]}]'|"
                        + "callers[0].api-keys[1]: must be sha256: and 64 hex digits",
                "'callers: [{id: a, api-keys: [null]}]'|"
                        + "callers[0].api-keys[0]: must be sha256: and 64 hex digits",
                "'callers: [{id: a, api-keys: [EMPTY]}]'|"
                        + "callers[0].api-keys[0]: is the hash of an empty key",
                "'callers: [{id: a, api-keys: [A, A]}]'|callers[0].api-keys[1]: is used twice",
                "'callers: [{id: a, api-keys: [A]}, {id: b, api-keys: [B, A]}]'|"
                        + "callers[1].api-keys[1]: is used twice",
                "'callers: [{id: a, api-keys: [A]}, {id: a, api-keys: [B]}]'|"
                        + "callers[1].id: a is used twice",
                "'callers: [{id: a, api-keys: [A], stored-objects: yes please}]'|"
                        + "callers[0].stored-objects: must be true or false",
                "'callers: [{id: a, api-keys: [A], stored-objects: \"true\"}]'|"
                        + "callers[0].stored-objects: must be true or false",
                "'callers: [{id: a, api-keys: [A], stored-objects: null}]'|"
                        + "callers[0].stored-objects: must be true or false",
                "'callers: [{id: a, api-keys: [A], models: [x]}]'|"
                        + "callers[0].models: not a known field",
                "'callers: [{id: a, api-keys: [A], id: b}]'|not one YAML document: line 1",
                "'callers: [{id: a'|not one YAML document: line 1",
                "'callers: *x'|callers: must be a list with at least one caller",
                "'callers: [{id: a, api-keys: [A]}]\n---\ncallers: []'|"
                        + "not one YAML document: line 3",
                "'\t'|not one YAML document: line 1",
            })
    void refusesAWrongFileWithThePlace(String yaml, String sentence) {
        var content =
                yaml.replace("EMPTY", hash(""))
                        .replaceAll("\\bA\\b", A)
                        .replaceAll("\\bB\\b", B)
                        .replaceAll("\\bC\\b", C);

        assertThatExceptionOfType(InvalidCallersException.class)
                .isThrownBy(() -> read(content))
                .withMessage(sentence);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "callers: [{id: a, api-keys: [%s]}]",
                "callers: [{id: a, api-keys: ['sha256:%s']}]",
                "callers: [{id: %s, api-keys: [x]}]",
                "callers: [{id: a, %s: [x]}]",
                "callers: [{id: a, api-keys: %s}]",
                "callers: [%s]",
                "callers: %s",
                "%s: []",
                "%s",
                "callers: [{id: a, stored-objects: %s}]",
                "callers: [{id: a, api-keys: ['%s]}]",
                "callers: [{id: a, %1$s: x, %1$s: y}]",
            })
    void neverRepeatsAKeyThatWasWrittenWhereItMustNotBe(String yaml) {
        var key = "sk-live-4f9a8b7c6d5e4f3a2b1c";

        assertThatExceptionOfType(InvalidCallersException.class)
                .isThrownBy(() -> read(yaml.formatted(key)))
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("4f9a8b7c"));
    }

    @Test
    void refusesBytesThatAreNoText() {
        assertThatExceptionOfType(InvalidCallersException.class)
                .isThrownBy(() -> CallersFile.read(new byte[] {(byte) 0xff, 0, (byte) 0xfe, 1}));
    }

    private static Callers read(String yaml) {
        return CallersFile.read(yaml.getBytes(StandardCharsets.UTF_8));
    }

    private static String hash(String key) {
        return "sha256:" + HexFormat.of().formatHex(Callers.sha256(key));
    }
}
