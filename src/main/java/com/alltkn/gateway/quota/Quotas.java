package com.alltkn.gateway.quota;

import com.alltkn.gateway.caller.Caller;
import java.util.function.Consumer;

/// Every caller's account.
public interface Quotas {

    /// Asks whether a request may go on.
    ///
    /// @param caller who asks, with its limits and budgets as they are now
    /// @param demand what the request may cost
    /// @param then told once, at once or later on the same event loop
    void admit(Caller caller, Demand demand, Consumer<Admission> then);

    /// Tells where a caller stands, which costs it nothing.
    ///
    /// @param caller who asks
    /// @param then told once, at once or later on the same event loop
    void standing(Caller caller, Consumer<Standing> then);

    /// Tells where a caller stood when this process last heard, for an answer that nobody should
    /// wait longer for.
    ///
    /// @param caller who asks
    Standing lastKnown(Caller caller);

    /// Tells what a caller had used of its budgets when this process last heard. Asks nobody, and
    /// is for looking at only.
    ///
    /// @param caller whose budgets they are
    Spending lastSpending(Caller caller);

    /// @return what is known now
    View view();

    /// What is known of all accounts at one time.
    ///
    /// @param untold of how many exchanges what all pods share has not been told yet
    /// @param neverTold of how many it will never be told, for there were too many
    record View(int untold, long neverTold) {}
}
