package com.alltkn.gateway.quota;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.redis.Answer;
import com.alltkn.gateway.redis.Script;
import com.alltkn.gateway.redis.SharedState;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;

/// Callers' accounts in Redis: what the script `redis/account.lua` can be asked, with its arguments
/// in their order. Each step is atomic, and each but the first admission may be repeated.
final class RedisAccounts {

    /// A minute: as long as what the exchange asked counts anyway.
    private static final int SLOTS_IN_A_LEASE = 60;

    private final SharedState shared;
    private final Duration slot;
    private final Duration lease;

    /// @param slot the length of one of the 61 slots that make a window
    RedisAccounts(SharedState shared, Duration slot) {
        this.shared = shared;
        this.slot = slot;
        this.lease = slot.multipliedBy(SLOTS_IN_A_LEASE);
    }

    /// @return how long an exchange counts as under way after its pod was last heard of
    Duration lease() {
        return lease;
    }

    /// Admits an exchange if limits and budgets have room for it, and takes that room.
    Answer<AccountReply> admit(Caller caller, String id, long reserved, AccountReply known) {
        return shared.run(
                Script.ACCOUNT,
                keys(caller),
                admission(caller, id, reserved, Duration.ZERO, false, known),
                AccountReply::of);
    }

    /// Takes the room of an exchange that goes on already.
    ///
    /// @param age how long ago it began
    Future<AccountReply> adopt(
            Caller caller, String id, long reserved, Duration age, AccountReply known) {
        return shared.tell(
                Script.ACCOUNT,
                keys(caller),
                admission(caller, id, reserved, age, true, known),
                AccountReply::of);
    }

    /// Puts what an exchange used in the place of what it had reserved.
    ///
    /// @param admitted what was answered when the room was taken
    /// @param nothing whether it came to nothing, and does not even count as a request
    /// @param uncertain whether the request to admit it may still be on its way
    Future<AccountReply> settle(
            Caller caller,
            String id,
            AccountReply admitted,
            long reserved,
            long used,
            boolean nothing,
            boolean uncertain,
            AccountReply known) {
        return tell(
                caller,
                "settle",
                known,
                id,
                text(admitted.since()),
                text(admitted.slot()),
                text(admitted.day()),
                text(admitted.month()),
                text(reserved),
                text(used),
                flag(nothing),
                flag(uncertain));
    }

    /// Counts an exchange that began and ended unknown to Redis.
    Future<AccountReply> charge(
            Caller caller, String id, long used, Duration age, AccountReply known) {
        return tell(caller, "charge", known, id, text(used), micros(age));
    }

    /// Keeps exchanges from being forgotten.
    ///
    /// @param open a caller's exchanges, by id and by what was answered when they were admitted
    void renew(Caller caller, Collection<Lease> open, AccountReply known) {
        var arguments = new ArrayList<String>();
        arguments.add(micros(lease));
        for (var exchange : open) {
            arguments.add(text(exchange.since()));
            arguments.add(exchange.id());
        }
        tell(caller, "renew", known, arguments.toArray(String[]::new));
    }

    /// Only looks.
    Answer<AccountReply> standing(Caller caller, AccountReply known) {
        return shared.run(Script.ACCOUNT, keys(caller), arguments("look", known), AccountReply::of);
    }

    private Future<AccountReply> tell(
            Caller caller, String operation, AccountReply known, String... own) {
        return shared.tell(
                Script.ACCOUNT, keys(caller), arguments(operation, known, own), AccountReply::of);
    }

    private List<String> admission(
            Caller caller,
            String id,
            long reserved,
            Duration age,
            boolean whatever,
            AccountReply known) {
        var limits = caller.limits();
        var budget = caller.budget();
        return arguments(
                "admit",
                known,
                id,
                text(reserved),
                micros(lease),
                micros(age),
                flag(whatever),
                text(limits.concurrent()),
                text(budget.dailyTokens()),
                text(budget.monthlyTokens()),
                text(limits.requestsPerMinute()),
                text(limits.tokensPerMinute()));
    }

    private List<String> arguments(String operation, AccountReply known, String... own) {
        var arguments = new ArrayList<String>(6 + own.length);
        arguments.add(operation);
        arguments.add(micros(slot));
        arguments.add(text(known.day()));
        arguments.add(text(known.daily()));
        arguments.add(text(known.month()));
        arguments.add(text(known.monthly()));
        arguments.addAll(List.of(own));
        return arguments;
    }

    private List<String> keys(Caller caller) {
        var tag = caller.id();
        return List.of(
                shared.key(tag, "account"),
                shared.key(tag, "exchanges"),
                shared.key(tag, "blocked"),
                shared.key(tag, "over"));
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

    /// An exchange under way.
    ///
    /// @param id its id
    /// @param since which account it was admitted to
    record Lease(String id, long since) {}
}
