package com.alltkn.gateway.upstream;

import com.alltkn.gateway.openai.ErrorEnvelope;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What an answer of upstream means: the one table, read by prompts and by traffic alike, from the
/// status, the content type, the code and the words.
///
/// Upstream is an aggregator. A 401 or 403 may be its own account's, one channel's or a firewall's,
/// so a key counts as refused only where JSON says so, and even then others have to agree before it
/// is held against the key.
///
/// @param meaning what it comes to
/// @param error the error it holds; empty where none can be made out
record UpstreamAnswer(Meaning meaning, Optional<ErrorEnvelope> error) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /// Errors are short; a longer text is a page or an answer.
    private static final int MAX_ERROR = 64 * 1024;

    private static final Set<String> QUOTA =
            Set.of(
                    "1113",
                    "account_balance_insufficient",
                    "accountoverdueerror",
                    "arrearage",
                    "balance_not_enough",
                    "billing_hard_limit_reached",
                    "billing_not_active",
                    "credit_balance_too_low",
                    "exceeded_current_quota_error",
                    "insufficient_balance",
                    "insufficient_credits",
                    "insufficient_funds",
                    "insufficient_quota",
                    "insufficient_user_quota",
                    "out_of_credits",
                    "payment_required",
                    "pre_consume_token_quota_failed",
                    "quota_exhausted",
                    "quota_not_enough",
                    "token_quota_exhausted");

    private static final Pattern QUOTA_WORDS =
            Pattern.compile(
                    "insufficient (user |account |token )?(balance|quota|credits?|funds)"
                            + "|exceeded your current quota"
                            + "|(balance|quota|credits?) (is |are |has been |have been )?"
                            + "(exhausted|depleted|used up|too low|not enough|insufficient)"
                            + "|out of credits?|payment required|in arrears|billing (is )?not active"
                            + "|额度(不足|已用尽|已耗尽|失败)|余额不足|欠费",
                    Pattern.CASE_INSENSITIVE);

    private static final Set<String> MODEL =
            Set.of(
                    "channel_not_found",
                    "get_channel_failed",
                    "invalid_model",
                    "model_not_available",
                    "model_not_exist",
                    "model_not_found",
                    "model_unavailable",
                    "no_available_channel");

    private static final Pattern MODEL_WORDS =
            Pattern.compile(
                    "\\bmodel\\b.{0,100}\\bnot (exist|found)|no available channels?"
                            + "|无可用渠道|模型不存在",
                    Pattern.CASE_INSENSITIVE);

    private static final Set<String> KEY =
            Set.of(
                    "authentication_error",
                    "incorrect_api_key",
                    "invalid_api_key",
                    "invalid_authentication",
                    "invalid_authentication_error",
                    "invalid_token",
                    "key_expired",
                    "token_expired",
                    "unauthorized");

    private static final Pattern KEY_WORDS =
            Pattern.compile(
                    "(invalid|incorrect|expired|revoked|disabled|unknown) (api[ _-]?)?(key|token)"
                            + "|(api[ _-]?key|token) (is |has |was )?(not valid|invalid|expired|been"
                            + " (revoked|disabled)|revoked|disabled)|unauthorized|authentication"
                            + "|无效的令牌|令牌(无效|已过期|状态不可用)",
                    Pattern.CASE_INSENSITIVE);

    private static final Set<String> RATE =
            Set.of("rate_limit_exceeded", "rate_limit_error", "too_many_requests");

    /// Reads an answer.
    ///
    /// @param status its status
    /// @param contentType its content type; null if it names none
    /// @param body its body, as far as it was read
    static UpstreamAnswer read(int status, @Nullable String contentType, byte[] body) {
        if (isPage(contentType, body)) {
            return new UpstreamAnswer(ofStatus(status, false), Optional.empty());
        }
        var root = json(body);
        if (status / 100 == 2) {
            return root != null && hasError(root) ? inside(root, body) : answered();
        }
        var error = ErrorEnvelope.read(body);
        return new UpstreamAnswer(
                error.flatMap(said -> named(status, said))
                        .orElseGet(() -> ofStatus(status, root != null && root.isObject())),
                error);
    }

    /// @param code an error's code or type
    /// @param message its words
    /// @return whether they say that a model is not to be had
    static boolean saysModelUnavailable(@Nullable String code, String message) {
        return (code != null && isModelCode(code)) || MODEL_WORDS.matcher(message).find();
    }

    /// @param body a body, or its first piece
    /// @return whether it is a page for people
    static boolean isPage(@Nullable String contentType, byte[] body) {
        var type = contentType == null ? "" : contentType.toLowerCase(Locale.ROOT);
        if (type.contains("html") || type.contains("xml")) {
            return true;
        }
        for (var b : body) {
            if (!Character.isWhitespace(b)) {
                return b == '<';
            }
        }
        return false;
    }

    private static UpstreamAnswer answered() {
        return new UpstreamAnswer(Meaning.ANSWERED, Optional.empty());
    }

    /// A success with an error inside is that error, under the status that it names, if it does.
    private static UpstreamAnswer inside(JsonNode root, byte[] body) {
        var error = ErrorEnvelope.read(body);
        var status = statusInside(root);
        return new UpstreamAnswer(
                error.flatMap(said -> named(status, said))
                        .orElseGet(() -> status == 0 ? Meaning.ILL : ofStatus(status, true)),
                error);
    }

    /// What code and words name by themselves; the words only under a status that goes with them.
    private static Optional<Meaning> named(int status, ErrorEnvelope said) {
        var code = said.code() == null ? "" : said.code().toLowerCase(Locale.ROOT);
        var type = said.type().toLowerCase(Locale.ROOT);
        var speaks = status == 0 || (status >= 400 && status <= 404) || status == 422;
        if (QUOTA.contains(code)
                || QUOTA.contains(type)
                || ((speaks || status == 429) && QUOTA_WORDS.matcher(said.message()).find())) {
            return Optional.of(Meaning.QUOTA_SPENT);
        }
        if (isModelCode(code)
                || isModelCode(type)
                || ((speaks || status == 503) && MODEL_WORDS.matcher(said.message()).find())) {
            return Optional.of(Meaning.MODEL_UNAVAILABLE);
        }
        if (status == 0 && (RATE.contains(code) || RATE.contains(type))) {
            return Optional.of(Meaning.RATE_LIMITED);
        }
        var namesKey = KEY.contains(code) || KEY.contains(type);
        if ((namesKey && (status == 0 || status == 400))
                || (status == 0 && KEY_WORDS.matcher(said.message()).find())) {
            return Optional.of(Meaning.KEY_REFUSED);
        }
        return Optional.empty();
    }

    private static Meaning ofStatus(int status, boolean json) {
        return switch (status) {
            case 401, 403 -> json ? Meaning.KEY_REFUSED : Meaning.TURNED_AWAY;
            case 402 -> Meaning.QUOTA_SPENT;
            case 429 -> Meaning.RATE_LIMITED;
            default ->
                    status >= 400 && status < 500 && status != 407 && status != 408
                            ? Meaning.REQUEST_REFUSED
                            : status / 100 == 2 ? Meaning.ANSWERED : Meaning.ILL;
        };
    }

    private static boolean isModelCode(String code) {
        var lower = code.toLowerCase(Locale.ROOT);
        return MODEL.contains(lower) || lower.startsWith("channel:");
    }

    private static boolean hasError(JsonNode root) {
        var first = root.isArray() && !root.isEmpty() ? root.get(0) : root;
        var error = first.path("error");
        var isError =
                (error.isObject() && !error.isEmpty())
                        || (error.isArray() && !error.isEmpty())
                        || (error.isTextual() && !error.asText().isBlank());
        return isError || (first.path("success").isBoolean() && !first.path("success").asBoolean());
    }

    private static int statusInside(JsonNode root) {
        var first = root.isArray() && !root.isEmpty() ? root.get(0) : root;
        for (var at : new JsonNode[] {first.path("error"), first}) {
            for (var name : new String[] {"code", "status", "status_code", "http_status"}) {
                var status = at.path(name).asInt();
                if (status >= 400 && status < 600) {
                    return status;
                }
            }
        }
        return 0;
    }

    private static @Nullable JsonNode json(byte[] body) {
        if (body.length > MAX_ERROR) {
            return null;
        }
        try {
            return JSON.readTree(body);
        } catch (IOException notJson) {
            return null;
        }
    }

    /// What an answer comes to.
    enum Meaning {
        /// A success without an error inside.
        ANSWERED,
        /// 401 or 403 in JSON that names nothing else, or an error that names the key.
        KEY_REFUSED,
        /// 401 or 403 that says nothing of a key: a page, an empty body.
        TURNED_AWAY,
        /// The account has no quota, balance or credit left.
        QUOTA_SPENT,
        /// The model is not to be had: unknown, or its channel is away.
        MODEL_UNAVAILABLE,
        /// Too many requests at once.
        RATE_LIMITED,
        /// Another 4xx.
        REQUEST_REFUSED,
        /// Everything else: upstream does not do its work.
        ILL
    }
}
