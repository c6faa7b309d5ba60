package com.alltkn.gateway.telemetry;

import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.rollout.RevisionListener;
import jakarta.inject.Singleton;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Keeps the values of a model label few: a caller can name any model, a meter only the configured
/// ones.
@Singleton
class ModelLabels implements RevisionListener {

    private volatile Set<String> known = Set.of();

    @Override
    public void promoted(Revision now, @Nullable Revision before) {
        var models = new HashSet<>(now.settings().fallbackModels());
        models.add(now.settings().defaultModel());
        known = Set.copyOf(models);
    }

    String of(Optional<String> model) {
        return model.map(name -> known.contains(name) ? name : "other").orElse("none");
    }
}
