package com.alltkn.gateway.quota;

import com.alltkn.gateway.caller.Caller;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/// Accounts that are kept in this process alone and begin anew with it. There is one for each
/// caller that has ever asked.
@Singleton
public class LocalQuotas implements Quotas {

    private final QuotaClock clock;
    private final Map<String, Account> accounts = new ConcurrentHashMap<>();

    /// @param calendar tells the day
    @Inject
    LocalQuotas(Clock calendar) {
        this(new QuotaClock(System::nanoTime, calendar));
    }

    LocalQuotas(QuotaClock clock) {
        this.clock = clock;
    }

    @Override
    public void admit(Caller caller, Demand demand, Consumer<Admission> then) {
        then.accept(account(caller).admit(caller, demand, clock));
    }

    @Override
    public void standing(Caller caller, Consumer<Standing> then) {
        then.accept(account(caller).standing(caller, clock));
    }

    private Account account(Caller caller) {
        return accounts.computeIfAbsent(caller.id(), _ -> new Account());
    }
}
