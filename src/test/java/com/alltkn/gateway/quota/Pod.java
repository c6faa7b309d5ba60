package com.alltkn.gateway.quota;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.quota.Admission.Admitted;
import com.alltkn.gateway.quota.Admission.Refused;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// What one process has of accounts, with answers that are waited for.
class Pod {

    private final Quotas quotas;

    Pod(Quotas quotas) {
        this.quotas = quotas;
    }

    Quotas quotas() {
        return quotas;
    }

    Admission ask(Caller caller, Demand demand) {
        var answer = new CompletableFuture<Admission>();
        quotas.admit(caller, demand, answer::complete);
        return answer.orTimeout(5, TimeUnit.SECONDS).join();
    }

    boolean isAdmitted(Caller caller, Demand demand) {
        return ask(caller, demand) instanceof Admitted;
    }

    Reservation admit(Caller caller, Demand demand) {
        return ((Admitted) ask(caller, demand)).reservation();
    }

    GatewayError refusal(Caller caller, Demand demand) {
        return ((Refused) ask(caller, demand)).error();
    }

    Standing standing(Caller caller) {
        var answer = new CompletableFuture<Standing>();
        quotas.standing(caller, answer::complete);
        return answer.orTimeout(5, TimeUnit.SECONDS).join();
    }
}
