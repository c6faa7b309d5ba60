package com.alltkn.gateway.laboratory;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SecretScanTest {

    private static final String SECRET = "sk/Planted+Key=0123?ünï";

    private final SecretScan scan = new SecretScan().add("planted", SECRET);

    @Test
    void findsASecretInEveryShape() {
        assertThat(found("a " + SECRET + " b")).contains("planted plain");
        assertThat(found("a " + URLEncoder.encode(SECRET, StandardCharsets.UTF_8)))
                .contains("planted URL");
        assertThat(found("a " + HexFormat.of().formatHex(bytes(SECRET)) + "ff"))
                .contains("planted hex");
        assertThat(found("a " + HexFormat.ofDelimiter(" ").formatHex(bytes(SECRET)) + " 0d"))
                .contains("planted hex with spaces");
        assertThat(
                        found(
                                SECRET.chars()
                                        .mapToObj("\\u%04x"::formatted)
                                        .collect(Collectors.joining())))
                .contains("planted JSON");
    }

    @Test
    void findsASecretInBase64WhateverStandsAroundIt() {
        for (var before : new String[] {"", "x", "xy", "xyz", "user:"}) {
            for (var after : new String[] {"", "a", "ab", "abc"}) {
                var text = bytes(before + SECRET + after);

                assertThat(found(Base64.getEncoder().encodeToString(text)))
                        .contains("base64 at " + before.length() % 3);
                assertThat(found(Base64.getUrlEncoder().encodeToString(text)))
                        .contains("base64 at " + before.length() % 3);
            }
        }
    }

    @Test
    void findsNothingWhereThereIsNothing() {
        assertThat(scan.in("a text", "planted base64 sk/Planted+Key=0123?uni")).isEmpty();
    }

    private String found(String text) {
        return String.join("\n", scan.in("a text", text));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
