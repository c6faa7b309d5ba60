package com.alltkn.gateway.quota;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.quota.AccountReply.Spent;
import com.alltkn.gateway.redis.Answer;
import com.alltkn.gateway.redis.Script;
import com.alltkn.gateway.redis.ScriptCall;
import com.alltkn.gateway.redis.Scripts;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Stream;

/// Callers' accounts in Redis: what the script `redis/account.lua` can be asked, with its arguments
/// in their order. Each step is atomic, and each but the first admission may be repeated.
final class RedisAccounts {

    /// A minute: as long as what the exchange asked counts anyway.
    private static final int SLOTS_IN_A_LEASE = 60;

    private final Scripts scripts;
    private final Duration slot;
    private final Duration lease;
    private final Function<Caller, Spent> known;

    /// @param slot the length of one of the 61 slots that make a window
    /// @param known what this pod knows that a caller has spent, for an account that was lost
    RedisAccounts(Scripts scripts, Duration slot, Function<Caller, Spent> known) {
        this.scripts = scripts;
        this.slot = slot;
        this.lease = slot.multipliedBy(SLOTS_IN_A_LEASE);
        this.known = known;
    }

    /// @return how long an exchange counts as under way after its pod was last heard of
    Duration lease() {
        return lease;
    }

    /// Admits an exchange if limits and budgets have room for it, and takes that room.
    Answer<AccountReply> admit(Exchange exchange) {
        return scripts.run(admission(exchange, Duration.ZERO, false));
    }

    /// Takes the room of an exchange that goes on already.
    ///
    /// @param age how long ago it began
    Future<AccountReply> adopt(Exchange exchange, Duration age) {
        return scripts.tell(admission(exchange, age, true));
    }

    /// Puts what an exchange used in the place of what it had reserved.
    ///
    /// @param admitted what was answered when the room was taken
    /// @param uncertain whether the request to admit it may still be on its way
    Future<AccountReply> settle(
            Exchange exchange, AccountReply admitted, End end, boolean uncertain) {
        return scripts.tell(
                call(
                        exchange.caller,
                        "settle",
                        exchange.id,
                        text(admitted.since()),
                        text(admitted.slot()),
                        text(admitted.spent().day()),
                        text(admitted.spent().month()),
                        text(exchange.reserved),
                        text(end.used),
                        flag(end.nothing),
                        flag(uncertain)));
    }

    /// Counts an exchange that began and ended unknown to Redis.
    ///
    /// @param used input and output tokens
    /// @param age how long ago it began
    Future<AccountReply> charge(Exchange exchange, long used, Duration age) {
        return scripts.tell(call(exchange.caller, "charge", exchange.id, text(used), micros(age)));
    }

    /// Keeps exchanges from being forgotten.
    ///
    /// @param open a caller's exchanges, by id and by what was answered when they were admitted
    void renew(Caller caller, Collection<Lease> open) {
        scripts.tell(
                call(
                        caller,
                        "renew",
                        open.stream()
                                .flatMap(held -> Stream.of(text(held.since), held.id))
                                .toArray(String[]::new)));
    }

    /// Only looks.
    Answer<AccountReply> standing(Caller caller) {
        return scripts.run(call(caller, "look"));
    }

    private ScriptCall<AccountReply> admission(Exchange exchange, Duration age, boolean whatever) {
        var limits = exchange.caller.limits();
        var budget = exchange.caller.budget();
        return call(
                exchange.caller,
                "admit",
                exchange.id,
                text(exchange.reserved),
                micros(age),
                flag(whatever),
                text(limits.concurrent()),
                text(budget.dailyTokens()),
                text(budget.monthlyTokens()),
                text(limits.requestsPerMinute()),
                text(limits.tokensPerMinute()));
    }

    private ScriptCall<AccountReply> call(Caller caller, String operation, String... own) {
        var tag = caller.id();
        var spent = known.apply(caller);
        var arguments = new ArrayList<String>(7 + own.length);
        arguments.add(operation);
        arguments.add(micros(slot));
        arguments.add(micros(lease));
        arguments.add(text(spent.day()));
        arguments.add(text(spent.daily()));
        arguments.add(text(spent.month()));
        arguments.add(text(spent.monthly()));
        arguments.addAll(List.of(own));
        return new ScriptCall<>(
                Script.ACCOUNT,
                List.of(
                        scripts.key(tag, "account"),
                        scripts.key(tag, "exchanges"),
                        scripts.key(tag, "blocked"),
                        scripts.key(tag, "over")),
                arguments,
                AccountReply::of);
    }

    private static String text(OptionalLong limit) {
        return text(limit.orElse(-1));
    }

    private static String text(long number) {
        return Long.toString(number);
    }

    private static String micros(Duration duration) {
        return text(duration.toNanos() / 1000);
    }

    private static String flag(boolean set) {
        return set ? "1" : "0";
    }

    /// An exchange, as an account knows it.
    ///
    /// @param caller whose it is
    /// @param id its id, which no other exchange of any pod has
    /// @param reserved input and output tokens
    record Exchange(Caller caller, String id, long reserved) {}

    /// How an exchange ended.
    ///
    /// @param used input and output tokens
    /// @param nothing whether it came to nothing, and does not even count as a request
    record End(long used, boolean nothing) {}

    /// An exchange under way.
    ///
    /// @param id its id
    /// @param since which account it was admitted to
    record Lease(String id, long since) {}
}
