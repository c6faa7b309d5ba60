package com.alltkn.gateway.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UserTextsTest {

    private static final GatewayError BUSY = new GatewayError.Overloaded();
    private static final String ENGLISH = "The assistant is busy. Please try again in a moment.";
    private static final String CHINESE = "智能助手正忙，请稍后重试。";

    private final UserTexts texts = new UserTexts(Optional.empty());

    @ParameterizedTest
    @ValueSource(
            strings = {
                "zh",
                "zh-CN",
                "ZH-cn",
                "zh-Hans-CN",
                "zh-TW",
                "zh;q=0.1",
                "zh-CN,zh;q=0.9,en;q=0.8",
                "en;q=0.5, zh;q=0.6",
                "en;q=0, zh",
                "fr, zh;q=0.5, en;q=0.4",
                "fr, zh;q=0.2",
            })
    void speaksChineseToWhoPrefersIt(String acceptLanguage) {
        assertThat(texts.textOf(BUSY, Optional.of(acceptLanguage))).isEqualTo(CHINESE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "en",
                "en-GB,en;q=0.9",
                "en;q=0.9, zh;q=0.8",
                "zh;q=0",
                "zh;q=0, en",
                "zh;q=0.5, en;q=0.6",
                "fr",
                "*",
                "zhx",
                "zh_CN",
                "zh;q=2",
                "zh;q=-1",
                "zh;q=x",
                ";;;",
                ",",
                "zh\u0000",
                "中文",
            })
    void speaksEnglishToEverybodyElse(String acceptLanguage) {
        assertThat(texts.textOf(BUSY, Optional.of(acceptLanguage))).isEqualTo(ENGLISH);
    }

    @Test
    void speaksEnglishWithoutAPreference() {
        assertThat(texts.textOf(BUSY, Optional.empty())).isEqualTo(ENGLISH);
    }

    @Test
    void doesNotReadAPreferenceThatIsTooLong() {
        var tooLong = "zh, " + "a".repeat(5) + ", ".repeat(200);

        assertThat(texts.textOf(BUSY, Optional.of(tooLong))).isEqualTo(ENGLISH);
    }

    @Test
    void endsWithTheSupportRouteIfThereIsOne() {
        var withSupport = new UserTexts(Optional.of("https://help.example/ai"));

        assertThat(withSupport.textOf(BUSY, Optional.empty()))
                .isEqualTo(ENGLISH + " Help: https://help.example/ai");
        assertThat(withSupport.textOf(BUSY, Optional.of("zh-CN")))
                .isEqualTo(CHINESE + " 如需帮助：https://help.example/ai");
        assertThat(new UserTexts(Optional.of(" ")).textOf(BUSY, Optional.empty()))
                .isEqualTo(ENGLISH);
    }
}
