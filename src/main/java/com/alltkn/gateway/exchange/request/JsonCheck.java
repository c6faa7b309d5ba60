package com.alltkn.gateway.exchange.request;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.openai.Endpoint;
import com.alltkn.gateway.openai.JsonRequest;
import java.util.Optional;

/// Whether a caller may ask for what a JSON body asks for, as far as that does not depend on a
/// revision.
final class JsonCheck {

    private JsonCheck() {}

    /// Looks at a body that was read.
    ///
    /// @param read what it asks
    /// @param endpoint of which operation
    /// @param caller who asks
    /// @return why it must not be passed on
    static Optional<GatewayError> of(JsonRequest read, Endpoint endpoint, Caller caller) {
        if (read.namesStoredState() && !caller.storedObjects()) {
            return Optional.of(
                    new GatewayError.PathNotAllowed(
                            "previous_response_id, conversation or background"));
        }
        var model = read.model();
        if (model != null && !caller.models().allow(model)) {
            return Optional.of(new GatewayError.ModelNotAllowed(model));
        }
        if (read.otherModels().isPresent() && !caller.models().allowAll()) {
            var field = read.otherModels().get();
            return Optional.of(
                    new GatewayError.InvalidRequest(
                            field + " is not taken: this caller may not use every model",
                            field,
                            "invalid_value"));
        }
        if (model == null
                && endpoint.asksModel()
                && !endpoint.takesModel()
                && !caller.models().allowAll()) {
            return Optional.of(
                    new GatewayError.InvalidRequest(
                            "the field model must be there: this caller may not use every model",
                            "model",
                            "missing_model"));
        }
        if (caller.limits().outputTokens().isPresent()) {
            return read.unclearAmount(endpoint)
                    .map(field ->
                            new GatewayError.InvalidRequest(
                                    field + " must be a whole number, 0 or more",
                                    field,
                                    "invalid_value"));
        }
        return Optional.empty();
    }
}
