package com.alltkn.gateway.exchange.request;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.exchange.step.Step;
import com.alltkn.gateway.exchange.step.Turn;
import com.alltkn.gateway.quota.Admission;
import com.alltkn.gateway.quota.Quotas;
import com.alltkn.gateway.rollout.Revisions;
import com.alltkn.gateway.rollout.Stage;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Decides whether the caller may ask this, and now. What it may never ask is refused before
/// anything is counted: it is told so however much it has under way.
///
/// @param quotas what every caller has used
/// @param revisions know the model of a request that names none
public record Admit(Quotas quotas, Revisions revisions) implements Step<Asked, Admitted> {

    @Override
    public void take(Asked asked, Turn<Admitted> turn) {
        var forbidden = forbidden(asked);
        if (forbidden.isPresent()) {
            turn.refuse(forbidden.get());
            return;
        }
        var demand = asked.demand();
        quotas.admit(
                asked.caller(),
                demand,
                admission -> {
                    switch (admission) {
                        case Admission.Admitted(var taken) ->
                                turn.go(new Admitted(asked, taken, demand));
                        case Admission.Refused(var error, var now) -> {
                            turn.reached(new Counted(asked, now));
                            turn.refuse(error);
                        }
                    }
                });
    }

    private Optional<GatewayError> forbidden(Asked asked) {
        return switch (asked.body()) {
            case Asked.Json(var json) -> {
                var wrong = JsonCheck.of(json, asked.endpoint(), asked.caller());
                yield wrong.isPresent() ? wrong : forbidden(asked, modelOfRevision(asked));
            }
            case Asked.Upload _ -> forbidden(asked, asked.modelAsked());
            case Asked.Nothing _, Asked.Gone _ -> Optional.empty();
        };
    }

    private static Optional<GatewayError> forbidden(Asked asked, @Nullable String model) {
        return model == null || asked.caller().models().allow(model)
                ? Optional.empty()
                : Optional.of(new GatewayError.ModelNotAllowed(model));
    }

    /// During a canary only the attempt knows whose default it takes, and looks itself.
    private @Nullable String modelOfRevision(Asked asked) {
        if (asked.modelAsked() != null) {
            return null;
        }
        var active = revisions.activeOrNull();
        return active == null || revisions.stage() == Stage.CANARY
                ? null
                : asked.model(active.settings());
    }
}
