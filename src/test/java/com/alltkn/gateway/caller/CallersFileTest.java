package com.alltkn.gateway.caller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
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

        var billing =
                new Caller(
                        "billing",
                        true,
                        true,
                        false,
                        ModelPatterns.ANY,
                        Optional.empty(),
                        Limits.NONE,
                        Budget.NONE);
        assertThat(callers.all()).containsExactlyInAnyOrder(billing, Caller.named("search-2.x_y"));
        assertThat(callers.identify("Bearer key-a")).contains(billing);
        assertThat(callers.identify("Bearer key-b")).contains(billing);
        assertThat(callers.identify("Bearer key-c"))
                .isEqualTo(Optional.of(Caller.named("search-2.x_y")));
    }

    @Test
    void readsCallersWithSubjectsWithKeysAndWithBoth() {
        var callers =
                read(
                        """
                        callers:
                          - id: billing
                            subjects: ["system:serviceaccount:shop:billing", two]
                          - id: search
                            api-keys: [%s]
                            subjects: [three]
                        """
                                .formatted(A));

        assertThat(callers.all())
                .containsExactlyInAnyOrder(Caller.named("billing"), Caller.named("search"));
        assertThat(callers.withSubject("system:serviceaccount:shop:billing"))
                .contains(Caller.named("billing"));
        assertThat(callers.withSubject("two")).contains(Caller.named("billing"));
        assertThat(callers.withSubject("three")).contains(Caller.named("search"));
        assertThat(callers.identify("Bearer key-a")).contains(Caller.named("search"));
        assertThat(callers.identify("Bearer two")).isEmpty();
        assertThat(callers.withSubject("Two")).isEmpty();
        assertThat(callers.withSubject(A)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[{id: a}]|callers[0].api-keys: must be a list of one or two hashes",
                "[{id: a, subjects: []}]|callers[0].subjects: must be a list of 1 to 100 subjects",
                "[{id: a, subjects: s}]|callers[0].subjects: must be a list of 1 to 100 subjects",
                "[{id: a, subjects: [1]}]"
                        + "|callers[0].subjects[0]: must be text of 1 to 255 visible characters",
                "[{id: a, subjects: [s, '']}]"
                        + "|callers[0].subjects[1]: must be text of 1 to 255 visible characters",
                "[{id: a, subjects: ['s ']}]"
                        + "|callers[0].subjects[0]: must be text of 1 to 255 visible characters",
                "[{id: a, subjects: [s, s]}]|callers[0].subjects[1]: is used twice",
                "[{id: a, subjects: [s]}, {id: b, subjects: [s]}]"
                        + "|callers[1].subjects[0]: is used twice",
            })
    void refusesWrongSubjects(String callers, String message) {
        assertThatExceptionOfType(InvalidCallersException.class)
                .isThrownBy(() -> read("callers: " + callers))
                .withMessage(message);
    }

    @Test
    void readsWhatACallerMayDo() {
        var callers =
                read(
                        """
                        defaults:
                          fallback: false
                          models: ["deepseek-*"]
                          limits: {requests-per-minute: 60, concurrent: 5}
                        callers:
                          - id: plain
                            api-keys: ["%s"]
                          - id: own
                            api-keys: ["%s"]
                            fallback: true
                            blocked: true
                            models: [some-model, "vendor/*"]
                            default-model: some-model
                            limits:
                              request-bytes: 1000
                              output-tokens: 2000
                              requests-per-minute: 600
                              tokens-per-minute: 3000
                            budget: {daily-tokens: 4000, monthly-tokens: 5000}
                        """
                                .formatted(A, B));

        assertThat(callers.all())
                .containsExactlyInAnyOrder(
                        new Caller(
                                "plain",
                                false,
                                false,
                                false,
                                new ModelPatterns(List.of("deepseek-*")),
                                Optional.empty(),
                                new Limits(
                                        OptionalLong.empty(),
                                        OptionalLong.empty(),
                                        OptionalLong.of(60),
                                        OptionalLong.empty(),
                                        OptionalLong.of(5)),
                                Budget.NONE),
                        new Caller(
                                "own",
                                false,
                                true,
                                true,
                                new ModelPatterns(List.of("some-model", "vendor/*")),
                                Optional.of("some-model"),
                                new Limits(
                                        OptionalLong.of(1000),
                                        OptionalLong.of(2000),
                                        OptionalLong.of(600),
                                        OptionalLong.of(3000),
                                        OptionalLong.of(5)),
                                new Budget(OptionalLong.of(4000), OptionalLong.of(5000))));
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
                "'callers: [{id: a, api-keys: [A], model: [x]}]'|"
                        + "callers[0].model: not a known field",
                "'callers: [{id: a, api-keys: [A], models: x}]'|"
                        + "callers[0].models: must be a list of 1 to 100 names or patterns",
                "'callers: [{id: a, api-keys: [A], models: []}]'|"
                        + "callers[0].models: must be a list of 1 to 100 names or patterns",
                "'callers: [{id: a, api-keys: [A], models: [\"a b\"]}]'|"
                        + "callers[0].models: must be names of models, a * for any characters",
                "'callers: [{id: a, api-keys: [A], default-model: \"a*\"}]'|"
                        + "callers[0].default-model: must be the name of a model",
                "'callers: [{id: a, api-keys: [A], models: [b], default-model: c}]'|"
                        + "callers[0].default-model: must be one of its models",
                "'callers: [{id: a, api-keys: [A], blocked: 1}]'|"
                        + "callers[0].blocked: must be true or false",
                "'callers: [{id: a, api-keys: [A], limits: {rpm: 1}}]'|"
                        + "callers[0].limits.rpm: not a known field",
                "'callers: [{id: a, api-keys: [A], limits: {concurrent: 0}}]'|"
                        + "callers[0].limits.concurrent: must be a whole number of at least 1",
                "'callers: [{id: a, api-keys: [A], limits: {output-tokens: 1.5}}]'|"
                        + "callers[0].limits.output-tokens: must be a whole number of at least 1",
                "'callers: [{id: a, api-keys: [A], budget: {daily-tokens: many}}]'|"
                        + "callers[0].budget.daily-tokens: must be a whole number of at least 1",
                "'{defaults: {api-keys: [A]}, callers: [{id: a, api-keys: [A]}]}'|"
                        + "defaults.api-keys: not a known field",
                "'{defaults: {limits: {concurrent: -1}}, callers: [{id: a, api-keys: [A]}]}'|"
                        + "defaults.limits.concurrent: must be a whole number of at least 1",
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
