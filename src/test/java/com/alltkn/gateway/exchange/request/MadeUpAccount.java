package com.alltkn.gateway.exchange.request;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.quota.Admission;
import com.alltkn.gateway.quota.Quotas;
import com.alltkn.gateway.quota.Reservation;
import com.alltkn.gateway.quota.Standing;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The account of every caller, which decides when a test says so and keeps a list of what is done
/// with it.
public final class MadeUpAccount implements Reservation {

    /// Where every caller stands.
    public static final Standing STANDING =
            new Standing(Optional.empty(), Optional.empty(), 3, 5, 8, false);

    private final List<String> told = new ArrayList<>();
    private final Quotas quotas =
            (Quotas)
                    Proxy.newProxyInstance(
                            Quotas.class.getClassLoader(),
                            new Class<?>[] {Quotas.class},
                            (_, method, arguments) -> answer(method.getName(), arguments));

    private @Nullable Consumer<Admission> waiting;

    public Quotas quotas() {
        return quotas;
    }

    public List<String> told() {
        return told;
    }

    public void admit() {
        decide(new Admission.Admitted(this));
    }

    public void refuse(GatewayError error) {
        decide(new Admission.Refused(error, STANDING));
    }

    @Override
    public Standing standing() {
        return STANDING;
    }

    @Override
    public void settle(long tokens) {
        told.add("settled " + tokens);
    }

    @Override
    public void settleUnknown() {
        told.add("settled unknown");
    }

    @Override
    public void release() {
        told.add("released");
    }

    private void decide(Admission admission) {
        if (waiting == null) {
            throw new AssertionError("nobody asked");
        }
        waiting.accept(admission);
    }

    @SuppressWarnings("unchecked")
    private @Nullable Object answer(String name, Object[] arguments) {
        told.add(name);
        switch (name) {
            case "admit" -> waiting = (Consumer<Admission>) arguments[2];
            case "standing" -> ((Consumer<Standing>) arguments[1]).accept(STANDING);
            case "lastKnown" -> {
                return STANDING;
            }
            default -> throw new AssertionError(name);
        }
        return null;
    }
}
