package com.alltkn.gateway.upstream;

import com.fasterxml.jackson.annotation.JsonProperty;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import org.eclipse.microprofile.rest.client.annotation.ClientHeaderParam;

/// The control plane's calls to ALLTKN: one small chat completion, and the names of the models.
@Path("/")
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
@ClientHeaderParam(name = "User-Agent", value = "alltkn-gateway")
public interface PromptClient {

    /// Asks.
    ///
    /// @param authorization `Bearer` and the key
    /// @param prompt what is asked
    /// @return whatever came, errors too
    @POST
    @Path("chat/completions")
    Response ask(@HeaderParam("Authorization") String authorization, Prompt prompt);

    /// Asks which models there are.
    ///
    /// @param authorization `Bearer` and the key
    /// @return whatever came, errors too
    @GET
    @Path("models")
    Response models(@HeaderParam("Authorization") String authorization);

    /// The request's body.
    ///
    /// @param model the model
    /// @param messages one message
    /// @param maxTokens the most output tokens
    record Prompt(
            String model, List<Message> messages, @JsonProperty("max_tokens") int maxTokens) {}

    /// One message.
    ///
    /// @param role who speaks
    /// @param content what is said
    record Message(String role, String content) {}
}
