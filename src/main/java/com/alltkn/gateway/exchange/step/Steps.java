package com.alltkn.gateway.exchange.step;

import java.util.Arrays;

/// Steps in their order, each made for what the one before it makes.
///
/// @param <I> what the first is given
/// @param <O> what the last makes
public final class Steps<I extends Progress, O extends Progress> {

    private final Step<?, ?>[] all;

    private Steps(Step<?, ?>[] all) {
        this.all = all;
    }

    /// @return the step that every exchange begins with
    public static <I extends Progress, O extends Progress> Steps<I, O> first(Step<I, O> step) {
        return new Steps<>(new Step<?, ?>[] {step});
    }

    /// @return these, and another behind them
    public <N extends Progress> Steps<I, N> then(Step<O, N> next) {
        var longer = Arrays.copyOf(all, all.length + 1);
        longer[all.length] = next;
        return new Steps<>(longer);
    }

    int count() {
        return all.length;
    }

    /// The types were compared when the steps were put behind one another.
    @SuppressWarnings("unchecked")
    void take(int index, Progress input, Turn<?> turn) {
        ((Step<Progress, Progress>) all[index]).take(input, (Turn<Progress>) turn);
    }
}
