package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.Verdict.Cause;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Whether it is the key's fault that upstream refuses it. One refusal never says so: ALLTKN is an
/// aggregator, and a channel that is away or an auth service that fails answers good keys with 401.
/// So others are asked at the same moment:
///
/// - a proven key, for the same model at the same address. Accepted: it is the key. Refused alike:
///   it is upstream, or that model.
/// - the same key, for another model. Refused, too, while nothing proven is refused alike: it is
///   the key. Accepted: it is that model.
///
/// Where only some of upstream's servers are ill, a good key is refused now and then, and so is the
/// other one; a dead key is refused each time. So before a key is rejected it is asked with
/// [#AGAIN] times more, without a pause, and the other once more.
///
/// For one thread at a time.
final class Evidence {

    /// Models that cannot chat, as their names say.
    private static final Pattern NO_CHAT =
            Pattern.compile(
                    "(?i)embed|tts|speech|audio|whisper|transcri|image|dall-?e|moderation|rerank"
                            + "|ocr|video|realtime|bge-|stable-diffusion|midjourney|flux");

    /// How often a key is asked with again before it is rejected. What is refused costs nothing.
    static final int AGAIN = 4;

    private final Prompts prompts;

    /// Models that say nothing are passed over the next time.
    private int turn;

    Evidence(Prompts prompts) {
        this.prompts = prompts;
    }

    /// Asks who else is refused, for a candidate.
    ///
    /// @param refused whose key was refused just now
    /// @param model for this model
    /// @param proven what is proven, if anything is
    Finding about(Revision refused, String model, Optional<Revision> proven) {
        return proven.isEmpty()
                ? otherModel(refused, model, Optional.empty(), true)
                : once(refused, model, proven.get());
    }

    /// Asks who else is refused, and again where that speaks against the key: it is to be rejected
    /// for it.
    ///
    /// @param refused whose key was refused just now
    /// @param model for this model
    /// @param proven what is proven and another one
    Finding eachTime(Revision refused, String model, Revision proven) {
        var finding = once(refused, model, proven);
        if (!(finding instanceof Key(_, var otherAccepted))) {
            return finding;
        }
        for (var i = 0; i < AGAIN; i++) {
            if (!(prompts.confirm(refused, model) instanceof PromptAnswer.KeyRefused)) {
                return new Upstream(Cause.AUTH, "the same key is not refused each time");
            }
        }
        return !otherAccepted || prompts.confirm(proven, model) instanceof PromptAnswer.Good
                ? finding
                : new Upstream(
                        Cause.AUTH,
                        "the key of version " + proven.number() + " is not accepted each time");
    }

    private Finding once(Revision refused, String model, Revision other) {
        if (!isNear(other, refused)) {
            return otherModel(refused, model, Optional.empty(), false);
        }
        if (other.keyId().equals(refused.keyId())) {
            return new Upstream(Cause.AUTH, "version " + other.number() + " has the same key");
        }
        return switch (prompts.confirm(other, model)) {
            case PromptAnswer.Good() ->
                    new Key(
                            "the key of version %d is accepted for %s"
                                    .formatted(other.number(), model),
                            true);
            case PromptAnswer.QuotaSpent(var words) ->
                    new Upstream(Cause.QUOTA, "version " + other.number() + ": " + words);
            case PromptAnswer.ModelUnavailable(var words) ->
                    new Upstream(Cause.MODEL, "version " + other.number() + ": " + words);
            case PromptAnswer.KeyRefused _, PromptAnswer.TurnedAway _, PromptAnswer.Nothing _ -> {
                var alike =
                        new Upstream(
                                Cause.AUTH,
                                "the key of version %d, which is proven, is not accepted for %s either"
                                        .formatted(other.number(), model));
                yield model.equals(other.settings().defaultModel())
                        ? alike
                        : otherModel(refused, model, Optional.of(other), false);
            }
        };
    }

    /// Asks whether a key that requests are carried with is refused for one model or for all.
    ///
    /// @param active whose key was refused in traffic
    /// @param model for this model
    Finding aboutActive(Revision active, String model) {
        var usual = active.settings().defaultModel();
        return usual.equals(model)
                ? otherModel(active, model, Optional.empty(), true)
                : judge(active, model, usual, Optional.empty());
    }

    /// @param near what is proven at the same address, and was refused for this model or silent
    /// @param list whether a list of models that is refused speaks against the key, too
    private Finding otherModel(
            Revision refused, String model, Optional<Revision> near, boolean list) {
        var fallback =
                refused.settings().fallbackModels().stream()
                        .filter(name -> !name.equals(model))
                        .findFirst();
        if (fallback.isPresent()) {
            return judge(refused, model, fallback.get(), near);
        }
        return switch (prompts.models(refused)) {
            case ModelList.Offered(var names) -> {
                var others =
                        names.stream()
                                .filter(name -> !name.equals(model))
                                .filter(name -> !NO_CHAT.matcher(name).find())
                                .toList();
                yield others.isEmpty()
                        ? new Upstream(Cause.AUTH, "there is no other model to ask for")
                        : judge(refused, model, oneOf(others), near);
            }
            case ModelList.Refused(var words) ->
                    list
                            ? new Key("the list of models is refused, too: " + words, false)
                            : new Upstream(Cause.AUTH, "there is no other model to ask for");
        };
    }

    private Finding judge(Revision refused, String model, String other, Optional<Revision> near) {
        return switch (prompts.confirm(refused, other)) {
            case PromptAnswer.Good() ->
                    new Upstream(
                            Cause.AUTH,
                            "the same key is accepted for %s, only %s is refused"
                                    .formatted(other, model));
            case PromptAnswer.KeyRefused _ ->
                    near.isEmpty() || isAcceptedAlone(near.get(), refused)
                            ? new Key("the model " + other + " is refused, too", false)
                            : new Upstream(
                                    Cause.AUTH,
                                    "the model "
                                            + other
                                            + " is refused, too, and no key"
                                            + " is seen to be accepted alone");
            case PromptAnswer.QuotaSpent(var words) -> new Upstream(Cause.QUOTA, words);
            case PromptAnswer.ModelUnavailable _,
                    PromptAnswer.TurnedAway _,
                    PromptAnswer.Nothing _ -> {
                turn++;
                yield new Upstream(Cause.AUTH, "the model " + other + " says nothing");
            }
        };
    }

    /// Both models may be away together, so what the proven key is accepted for says more.
    private boolean isAcceptedAlone(Revision proven, Revision refused) {
        var usual = proven.settings().defaultModel();
        return prompts.confirm(proven, usual) instanceof PromptAnswer.Good
                && prompts.confirm(refused, usual) instanceof PromptAnswer.KeyRefused;
    }

    private String oneOf(List<String> names) {
        return names.get(turn % names.size());
    }

    private static boolean isNear(Revision one, Revision other) {
        return one.settings().baseUrl().equals(other.settings().baseUrl());
    }

    /// Whose fault a refusal is.
    sealed interface Finding {

        /// @return what it rests on, for people
        String sentence();
    }

    /// It is the key's.
    ///
    /// @param sentence what it rests on, for people
    /// @param otherAccepted whether the other key was accepted for the same model
    record Key(String sentence, boolean otherAccepted) implements Finding {}

    /// It is upstream's, or nobody can tell.
    ///
    /// @param cause what it looks like
    /// @param sentence what it rests on, for people
    record Upstream(Cause cause, String sentence) implements Finding {}
}
