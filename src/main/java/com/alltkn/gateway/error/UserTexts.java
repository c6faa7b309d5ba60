package com.alltkn.gateway.error;

import jakarta.inject.Singleton;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/// The short texts that a product can show to its own users, in English and Chinese. They say what
/// a user can do, not what went wrong inside.
@Singleton
public class UserTexts {

    private static final int LONGEST_LANGUAGE_HEADER = 256;

    private final Optional<String> support;

    /// @param support where users find help, put at the end of each text
    public UserTexts(@ConfigProperty(name = "gateway.support") Optional<String> support) {
        this.support = support.filter(route -> !route.isBlank());
    }

    /// Picks the text of an error.
    ///
    /// @param error what went wrong
    /// @param acceptLanguage the caller's `Accept-Language`, if any
    /// @return one or two sentences
    public String textOf(GatewayError error, Optional<String> acceptLanguage) {
        var chinese = acceptLanguage.filter(UserTexts::prefersChinese).isPresent();
        var advice = adviceOn(error);
        var text = chinese ? advice.chinese : advice.english;
        return support.map(route -> text + (chinese ? " 如需帮助：" : " Help: ") + route).orElse(text);
    }

    private static boolean prefersChinese(String acceptLanguage) {
        if (acceptLanguage.length() > LONGEST_LANGUAGE_HEADER) {
            return false;
        }
        List<Locale.LanguageRange> ranges;
        try {
            ranges = Locale.LanguageRange.parse(acceptLanguage);
        } catch (IllegalArgumentException malformed) {
            return false;
        }
        return ranges.stream()
                .filter(range -> range.getWeight() > 0)
                .map(Locale.LanguageRange::getRange)
                .filter(range -> isLanguage(range, "zh") || isLanguage(range, "en"))
                .findFirst()
                .filter(range -> isLanguage(range, "zh"))
                .isPresent();
    }

    private static boolean isLanguage(String range, String language) {
        return range.equals(language) || range.startsWith(language + "-");
    }

    private static Advice adviceOn(GatewayError error) {
        return switch (error) {
            case GatewayError.InvalidCredentials _,
                    GatewayError.CallerBlocked _,
                    GatewayError.ModelNotAllowed _,
                    GatewayError.PathNotAllowed _ ->
                    Advice.NO_ACCESS;
            case GatewayError.UnknownPath _,
                    GatewayError.MethodNotAllowed _,
                    GatewayError.InvalidRequest _,
                    GatewayError.UnsupportedMedia _,
                    GatewayError.UnsupportedHttpVersion _,
                    GatewayError.UpstreamRefused _ ->
                    Advice.NOT_UNDERSTOOD;
            case GatewayError.BodyTooLarge _ -> Advice.TOO_LARGE;
            case GatewayError.BodyTooSlow _ -> Advice.TRY_AGAIN;
            case GatewayError.NotReady _,
                    GatewayError.TokensUncheckable _,
                    GatewayError.Overloaded _,
                    GatewayError.RateLimited _,
                    GatewayError.TooManyConcurrent _,
                    GatewayError.ShuttingDown _,
                    GatewayError.UpstreamOverloaded _,
                    GatewayError.UpstreamUnavailable _,
                    GatewayError.UpstreamRateLimited _ ->
                    Advice.BUSY;
            case GatewayError.BudgetSpent _ -> Advice.USED_UP;
            case GatewayError.UpstreamTimeout _ -> Advice.TOO_LONG;
            case GatewayError.UpstreamInterrupted _ -> Advice.CUT;
            case GatewayError.UpstreamCredentialsExhausted _,
                    GatewayError.UpstreamQuotaExhausted _,
                    GatewayError.UpstreamPermissionDenied _ ->
                    Advice.OUT_OF_SERVICE;
            case GatewayError.Internal _,
                    GatewayError.UpstreamUnreachable _,
                    GatewayError.UpstreamInvalidAnswer _,
                    GatewayError.UpstreamFailed _ ->
                    Advice.TRY_AGAIN;
        };
    }

    private enum Advice {
        NO_ACCESS(
                "This service has no access to the assistant. Please tell its operators.",
                "此服务无权访问智能助手，请联系其运维人员。"),
        NOT_UNDERSTOOD(
                "The request could not be understood. Please change it and try again.",
                "无法理解该请求，请修改后重试。"),
        TOO_LARGE("The request is too large. Please shorten it and try again.", "请求内容过大，请缩短后重试。"),
        BUSY("The assistant is busy. Please try again in a moment.", "智能助手正忙，请稍后重试。"),
        USED_UP(
                "This service has used up its allowance of the assistant. Please try again later.",
                "此服务的智能助手用量已达上限，请稍后重试。"),
        TOO_LONG(
                "The answer took too long. Please try again, or ask for less at once.",
                "回答超时，请重试，或减少单次请求的内容。"),
        CUT("The answer was cut short. Please try again.", "回答中断，请重试。"),
        OUT_OF_SERVICE(
                "The assistant is out of service. Its operators have to act; trying again will not help.",
                "智能助手暂停服务，需要运维人员处理，重试无效。"),
        TRY_AGAIN("Something went wrong. Please try again.", "出现问题，请重试。");

        private final String english;
        private final String chinese;

        Advice(String english, String chinese) {
            this.english = english;
            this.chinese = chinese;
        }
    }
}
