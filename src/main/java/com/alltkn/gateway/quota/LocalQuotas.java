package com.alltkn.gateway.quota;

import com.alltkn.gateway.caller.Caller;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/// Accounts that are kept in this process alone and begin anew with it. There is one for each
/// caller that has ever asked.
final class LocalQuotas implements Quotas {

    private final QuotaClock clock;
    private final Map<String, Account> accounts = new ConcurrentHashMap<>();

    LocalQuotas(QuotaClock clock) {
        this.clock = clock;
    }

    @Override
    public void admit(Caller caller, Demand demand, Consumer<Admission> then) {
        then.accept(admit(caller, demand));
    }

    @Override
    public void standing(Caller caller, Consumer<Standing> then) {
        then.accept(standing(caller));
    }

    @Override
    public Standing lastKnown(Caller caller) {
        return standing(caller);
    }

    @Override
    public Spending lastSpending(Caller caller) {
        var standing = standing(caller);
        return new Spending(standing.daily(), standing.monthly());
    }

    @Override
    public View view() {
        return new View(0, 0);
    }

    Admission admit(Caller caller, Demand demand) {
        return account(caller).admit(caller, demand, clock);
    }

    Standing standing(Caller caller) {
        return account(caller).standing(caller, clock);
    }

    /// @return whether anything that the caller asked here still counts within its minute
    boolean countsAnything(Caller caller) {
        return account(caller).countsAnything(clock);
    }

    private Account account(Caller caller) {
        return accounts.computeIfAbsent(caller.id(), _ -> new Account());
    }
}
