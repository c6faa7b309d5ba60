package com.alltkn.gateway.exchange.step;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.openai.Endpoint;
import com.alltkn.gateway.quota.Standing;
import com.alltkn.gateway.rollout.Revision;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// How far an exchange has come: what one of its steps made, holding what the step was given. So
/// the last one knows all that is known; whoever does not know asks the one before it.
public interface Progress {

    /// @return what it was made from; null for the [Arrival], before which there is nothing
    @Nullable Progress before();

    /// @return the request as it arrived
    default Arrival arrival() {
        return Objects.requireNonNull(before(), "only an arrival has none before it").arrival();
    }

    /// @return who calls; null as long as nobody knows
    default @Nullable Caller caller() {
        var before = before();
        return before == null ? null : before.caller();
    }

    /// @return whether there is no room for the connection, so that the answer has to end it
    default boolean crowded() {
        var before = before();
        return before != null && before.crowded();
    }

    /// @return what is called; null as long as nobody knows, or if there is no such thing
    default @Nullable Endpoint endpoint() {
        var before = before();
        return before == null ? null : before.endpoint();
    }

    /// @return the model that the caller named, if it named any as far as the body is read
    default @Nullable String modelAsked() {
        var before = before();
        return before == null ? null : before.modelAsked();
    }

    /// @return whether the caller asks for a stream, as far as the body is read
    default boolean streamed() {
        var before = before();
        return before != null && before.streamed();
    }

    /// @return how much of the caller's body was read, in bytes
    default long bytesIn() {
        var before = before();
        return before == null ? 0 : before.bytesIn();
    }

    /// @return where the caller stands with its limits; null as long as nobody has looked
    default @Nullable Standing standing() {
        var before = before();
        return before == null ? null : before.standing();
    }

    /// @return the revision that was bound last; null before the first attempt
    default @Nullable Revision revision() {
        var before = before();
        return before == null ? null : before.revision();
    }

    /// Lets go of the caller's body, for nothing is sent again. Once more does nothing.
    default void letGo() {
        var before = before();
        if (before != null) {
            before.letGo();
        }
    }

    /// Charges the caller for what was set aside, once the exchange is over.
    ///
    /// @param answered whether the answer was handed on to its end
    default void charge(boolean answered) {
        var before = before();
        if (before != null) {
            before.charge(answered);
        }
    }

    /// Gives back what its own step took, and nothing of those before: it came too late, and the
    /// exchange was settled without it.
    default void giveBack() {}
}
