package com.alltkn.gateway.openai;

import static com.alltkn.gateway.openai.RequestKind.JSON;
import static com.alltkn.gateway.openai.RequestKind.MULTIPART;
import static com.alltkn.gateway.openai.RequestKind.NONE;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// The operations of the OpenAI API that the gateway relays: a method and a path each, as the SDKs
/// use them. A constant that is not here does not exist for callers.
public enum Endpoint {
    CREATE_CHAT_COMPLETION("POST", "chat/completions", "chat", JSON),
    LIST_CHAT_COMPLETIONS("GET", "chat/completions", "chat", NONE),
    GET_CHAT_COMPLETION("GET", "chat/completions/{id}", "chat", NONE),
    UPDATE_CHAT_COMPLETION("POST", "chat/completions/{id}", "chat", JSON),
    DELETE_CHAT_COMPLETION("DELETE", "chat/completions/{id}", "chat", NONE),
    LIST_CHAT_MESSAGES("GET", "chat/completions/{id}/messages", "chat", NONE),

    CREATE_COMPLETION("POST", "completions", "completion", JSON),
    CREATE_EMBEDDINGS("POST", "embeddings", "embeddings", JSON),

    CREATE_RESPONSE("POST", "responses", "response", JSON),
    COUNT_RESPONSE_INPUT("POST", "responses/input_tokens", "response", JSON),
    COMPACT_RESPONSE("POST", "responses/compact", "response", JSON),
    GET_RESPONSE("GET", "responses/{id}", "response", NONE),
    DELETE_RESPONSE("DELETE", "responses/{id}", "response", NONE),
    CANCEL_RESPONSE("POST", "responses/{id}/cancel", "response", NONE),
    LIST_RESPONSE_INPUT("GET", "responses/{id}/input_items", "response", NONE),

    LIST_MODELS("GET", "models", "models", NONE),
    GET_MODEL("GET", "models/{id}", "models", NONE),
    DELETE_MODEL("DELETE", "models/{id}", "models", NONE),

    /// Not OpenAI's but the gateway's own, and answered by it.
    GET_USAGE("GET", "usage", "usage", NONE),

    CREATE_MODERATION("POST", "moderations", "moderation", JSON),
    RERANK("POST", "rerank", "rerank", JSON),

    GENERATE_IMAGE("POST", "images/generations", "image", JSON),
    EDIT_IMAGE("POST", "images/edits", "image", MULTIPART),
    VARY_IMAGE("POST", "images/variations", "image", MULTIPART),

    SPEAK("POST", "audio/speech", "audio", JSON),
    TRANSCRIBE("POST", "audio/transcriptions", "audio", MULTIPART),
    TRANSLATE("POST", "audio/translations", "audio", MULTIPART),
    CREATE_VOICE("POST", "audio/voices", "audio", MULTIPART),
    DELETE_VOICE("DELETE", "audio/voices/{id}", "audio", NONE),
    CREATE_VOICE_CONSENT("POST", "audio/voice_consents", "audio", MULTIPART),
    LIST_VOICE_CONSENTS("GET", "audio/voice_consents", "audio", NONE),
    GET_VOICE_CONSENT("GET", "audio/voice_consents/{id}", "audio", NONE),
    UPDATE_VOICE_CONSENT("POST", "audio/voice_consents/{id}", "audio", JSON),
    DELETE_VOICE_CONSENT("DELETE", "audio/voice_consents/{id}", "audio", NONE),

    UPLOAD_FILE("POST", "files", "file", MULTIPART),
    LIST_FILES("GET", "files", "file", NONE),
    GET_FILE("GET", "files/{id}", "file", NONE),
    DELETE_FILE("DELETE", "files/{id}", "file", NONE),
    GET_FILE_CONTENT("GET", "files/{id}/content", "file", NONE),

    CREATE_BATCH("POST", "batches", "batch", JSON),
    LIST_BATCHES("GET", "batches", "batch", NONE),
    GET_BATCH("GET", "batches/{id}", "batch", NONE),
    CANCEL_BATCH("POST", "batches/{id}/cancel", "batch", NONE),

    CREATE_UPLOAD("POST", "uploads", "upload", JSON),
    ADD_UPLOAD_PART("POST", "uploads/{id}/parts", "upload", MULTIPART),
    COMPLETE_UPLOAD("POST", "uploads/{id}/complete", "upload", JSON),
    CANCEL_UPLOAD("POST", "uploads/{id}/cancel", "upload", NONE);

    /// What a chat model answers; only there may the default model, a chat model, be put in.
    /// Embeddings, images or speech need a model of their own kind, and moderations has a default
    /// of its own upstream.
    private static final Set<Endpoint> CHAT_MODEL =
            EnumSet.of(
                    CREATE_CHAT_COMPLETION,
                    CREATE_COMPLETION,
                    CREATE_RESPONSE,
                    COUNT_RESPONSE_INPUT,
                    COMPACT_RESPONSE);

    private static final List<String> CHAT_LIMITS = List.of("max_tokens", "max_completion_tokens");
    private static final List<String> COMPLETION_LIMITS = List.of("max_tokens");
    private static final List<String> RESPONSE_LIMITS = List.of("max_output_tokens");

    /// What works without anything stored upstream; all else reads, lists, makes or removes objects
    /// of the shared account.
    private static final Set<Endpoint> STATELESS =
            EnumSet.of(
                    CREATE_CHAT_COMPLETION,
                    CREATE_COMPLETION,
                    CREATE_EMBEDDINGS,
                    CREATE_RESPONSE,
                    COUNT_RESPONSE_INPUT,
                    COMPACT_RESPONSE,
                    LIST_MODELS,
                    GET_MODEL,
                    GET_USAGE,
                    CREATE_MODERATION,
                    RERANK,
                    GENERATE_IMAGE,
                    EDIT_IMAGE,
                    VARY_IMAGE,
                    SPEAK,
                    TRANSCRIBE,
                    TRANSLATE);

    private final String method;
    private final String label;
    private final String type;
    private final RequestKind requestKind;

    Endpoint(String method, String label, String type, RequestKind requestKind) {
        this.method = method;
        this.label = label;
        this.type = type;
        this.requestKind = requestKind;
    }

    /// Finds the operation. Safe with any path; a path that two servers could understand
    /// differently (dot segments in any encoding, empty segments, backslashes, control characters,
    /// path parameters) is unknown.
    ///
    /// @param method the HTTP method, upper case
    /// @param rawPath the path as sent, undecoded, from the slash behind `/v1` or `/api/v1` on,
    ///   without the query
    public static PathMatch match(String method, String rawPath) {
        return Paths.match(method, rawPath);
    }

    /// The HTTP method.
    public String method() {
        return method;
    }

    /// The path with `{id}` for whatever names an object: one of few values, fit for a meter's tag.
    public String label() {
        return label;
    }

    /// What kind of request this is, as the record calls it.
    public String type() {
        return type;
    }

    /// What the request's body is. A body sent where none is expected is not read.
    public RequestKind requestKind() {
        return requestKind;
    }

    /// How a stream of this endpoint ends. Images and audio end in events of their own
    /// (`….completed`, `….done`) that not every upstream sends, so none is relied on.
    public StreamEnd streamEnd() {
        return switch (this) {
            case CREATE_CHAT_COMPLETION, CREATE_COMPLETION -> StreamEnd.DONE;
            case CREATE_RESPONSE, GET_RESPONSE -> StreamEnd.RESPONSE;
            default -> StreamEnd.NONE;
        };
    }

    /// Whether a good answer is JSON, or a stream of events where one was asked for. Speech and a
    /// file's content are not; a transcription can be plain text.
    public boolean answersJson() {
        return switch (this) {
            case SPEAK, TRANSCRIBE, TRANSLATE, GET_FILE_CONTENT -> false;
            default -> true;
        };
    }

    /// Whether the operation touches objects stored in the upstream account, which all callers
    /// share.
    public boolean storedObjects() {
        return !STATELESS.contains(this);
    }

    /// Whether what the operation makes is stored upstream where the body's `store` says nothing.
    public boolean storesUnasked() {
        return this == CREATE_RESPONSE;
    }

    /// Whether the default model may be put into a body that names none.
    public boolean takesModel() {
        return CHAT_MODEL.contains(this);
    }

    /// Whether a model answers a JSON body. Where such a body names none and the default model is
    /// no model of that kind, upstream takes one of its own.
    public boolean asksModel() {
        return requestKind == JSON && STATELESS.contains(this);
    }

    /// Whether the body is made of parts, one of which names a model.
    public boolean namesModelInPart() {
        return switch (this) {
            case EDIT_IMAGE, VARY_IMAGE, TRANSCRIBE, TRANSLATE -> true;
            default -> false;
        };
    }

    /// The fields that bound what a model may write, the one first that servers know best; empty
    /// where none does.
    public List<String> outputLimitFields() {
        return switch (this) {
            case CREATE_CHAT_COMPLETION -> CHAT_LIMITS;
            case CREATE_COMPLETION -> COMPLETION_LIMITS;
            case CREATE_RESPONSE -> RESPONSE_LIMITS;
            default -> List.of();
        };
    }

    /// Whether a stream can be asked for its usage with `stream_options.include_usage`. Responses
    /// always tell it.
    public boolean readsUsageStream() {
        return streamEnd() == StreamEnd.DONE;
    }
}
