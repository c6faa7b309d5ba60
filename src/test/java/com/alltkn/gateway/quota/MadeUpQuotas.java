package com.alltkn.gateway.quota;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.quota.Admission.Admitted;
import java.time.Clock;

/// Accounts of one process, for tests of those who only look at them.
public final class MadeUpQuotas {

    private MadeUpQuotas() {}

    /// @param calendar tells the day
    /// @return accounts of which there is none yet
    public static Quotas local(Clock calendar) {
        return new LocalQuotas(new QuotaClock(System::nanoTime, calendar));
    }

    /// Lets a caller use something.
    ///
    /// @param quotas where
    /// @param caller who
    /// @param tokens how much
    public static void use(Quotas quotas, Caller caller, long tokens) {
        quotas.admit(
                caller,
                new Demand(1, 0),
                admission -> ((Admitted) admission).reservation().settle(tokens));
    }
}
