package com.alltkn.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.openai.PathMatch.Found;
import com.alltkn.gateway.openai.PathMatch.MethodNotAllowed;
import com.alltkn.gateway.openai.PathMatch.Unknown;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {

    @ParameterizedTest
    @EnumSource
    void isFoundByItsOwnMethodAndPath(Endpoint endpoint) {
        var path = "/" + endpoint.label().replace("{id}", "some-id_1");

        assertThat(Endpoint.match(endpoint.method(), path)).isEqualTo(new Found(endpoint));
    }

    @ParameterizedTest
    @CsvSource({
        "POST, /chat/completions, CREATE_CHAT_COMPLETION",
        "GET, /models/gpt-4o, GET_MODEL",
        "GET, /models/vendor%2FModel-X:free, GET_MODEL",
        "GET, /models/vendor%2fModel-X%3Afree, GET_MODEL",
        "GET, /models/vendor/Model-X:free, GET_MODEL",
        "GET, /models/a/b/c, GET_MODEL",
        "GET, /models/..., GET_MODEL",
        "GET, /models/v1.2..3, GET_MODEL",
        "GET, /models/%E6%A8%A1, GET_MODEL",
        "DELETE, /models/ft:x:y::z, DELETE_MODEL",
        "GET, /chat/completions/chatcmpl-1/messages, LIST_CHAT_MESSAGES",
        "POST, /responses/resp_1/cancel, CANCEL_RESPONSE",
        "POST, /responses/input_tokens, COUNT_RESPONSE_INPUT",
        "GET, /files/file-1/content, GET_FILE_CONTENT",
        "POST, /uploads/upload_1/parts, ADD_UPLOAD_PART",
        "DELETE, /audio/voices/v1, DELETE_VOICE",
    })
    void findsTheOperation(String method, String path, Endpoint endpoint) {
        assertThat(Endpoint.match(method, path)).isEqualTo(new Found(endpoint));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "chat/completions",
                "/chat",
                "/chat/",
                "/chat/completions/",
                "/chat//completions",
                "//chat/completions",
                "/Chat/Completions",
                "/chat%2Fcompletions",
                "/chat/completions;x=1",
                "/chat;x/completions",
                "/chat/./completions",
                "/chat/completions/..",
                "/chat/completions/%2e%2e",
                "/chat/completions/a/b",
                "/chat/completions/{id}/messages/x",
                "/models/",
                "/models/x/",
                "/models//x",
                "/models/x//y",
                "/models/..",
                "/models/.",
                "/models/../files",
                "/models/x/../../files",
                "/models/x/..",
                "/models/%2e",
                "/models/%2e%2E",
                "/models/.%2e",
                "/models/%2E.",
                "/models/x%2F..%2Fy",
                "/models/x%2f%2e%2e",
                "/models/%2Fx",
                "/models/x%2F",
                "/models/x%2F%2Fy",
                "/models/%252e%252e",
                "/models/x%252Fy",
                "/models/a\\b",
                "/models/..\\x",
                "/models/a%5cb",
                "/models/a%00",
                "/models/a%1f",
                "/models/a%7F",
                "/models/a%0d%0ab",
                "/models/a\u0001",
                "/models/a b",
                "/models/%",
                "/models/%2",
                "/models/%zz",
                "/models/%C0%AE%C0%AE",
                "/models/%ff",
                "/models/é",
                "/models/..;/x",
                "/models/a;b",
                "/models/a%3bb",
                "/models/a#b",
                "/models/a?b",
                "/files/a%2Fb",
                "/files/..",
                "/files/a;b",
                "/files//content",
                "/files/../content",
                "/files/x/unknown",
                "/files/x/content/y",
                "/images",
                "/images/x",
                "/audio/voices/",
                "/audio/x/y",
                "/vector_stores",
                "/fine_tuning/jobs",
                "/{id}",
            })
    void knowsNoOtherPath(String path) {
        assertThat(Endpoint.match("GET", path)).isEqualTo(new Unknown());
    }

    @Test
    void takesBracesOfATemplateForNoTemplate() {
        assertThat(Endpoint.match("GET", "/files/{id}")).isEqualTo(new Found(Endpoint.GET_FILE));
    }

    @Test
    void refusesAPathThatIsTooLong() {
        assertThat(Endpoint.match("GET", "/models/" + "m".repeat(1100))).isEqualTo(new Unknown());
    }

    @Test
    void namesTheMethodsThatAPathHas() {
        assertThat(Endpoint.match("HEAD", "/models"))
                .isEqualTo(new MethodNotAllowed(Set.of("GET")));
        assertThat(Endpoint.match("OPTIONS", "/chat/completions"))
                .isEqualTo(new MethodNotAllowed(Set.of("GET", "POST")));
        assertThat(Endpoint.match("PUT", "/chat/completions/x"))
                .isEqualTo(new MethodNotAllowed(Set.of("DELETE", "GET", "POST")));
        assertThat(Endpoint.match("post", "/completions"))
                .isEqualTo(new MethodNotAllowed(Set.of("POST")));
        assertThat(Endpoint.match("GET", "/responses/input_tokens"))
                .isEqualTo(new MethodNotAllowed(Set.of("POST")));
    }

    @Test
    void countsAsStoredWhatTheSharedAccountKeeps() {
        var stateless =
                EnumSet.allOf(Endpoint.class).stream()
                        .filter(endpoint -> !endpoint.storedObjects())
                        .map(endpoint -> endpoint.method() + " " + endpoint.label())
                        .collect(Collectors.toSet());

        assertThat(stateless)
                .containsExactlyInAnyOrder(
                        "POST chat/completions",
                        "POST completions",
                        "POST embeddings",
                        "POST responses",
                        "POST responses/input_tokens",
                        "POST responses/compact",
                        "GET models",
                        "GET models/{id}",
                        "GET usage",
                        "POST moderations",
                        "POST rerank",
                        "POST images/generations",
                        "POST images/edits",
                        "POST images/variations",
                        "POST audio/speech",
                        "POST audio/transcriptions",
                        "POST audio/translations");
    }

    @Test
    void saysHowStreamsEndAndWhereTheDefaultModelFits() {
        assertThat(Endpoint.CREATE_CHAT_COMPLETION.streamEnd()).isEqualTo(StreamEnd.DONE);
        assertThat(Endpoint.CREATE_RESPONSE.streamEnd()).isEqualTo(StreamEnd.RESPONSE);
        assertThat(Endpoint.SPEAK.streamEnd()).isEqualTo(StreamEnd.NONE);
        assertThat(EnumSet.allOf(Endpoint.class))
                .filteredOn(Endpoint::takesModel)
                .containsExactly(
                        Endpoint.CREATE_CHAT_COMPLETION,
                        Endpoint.CREATE_COMPLETION,
                        Endpoint.CREATE_RESPONSE,
                        Endpoint.COUNT_RESPONSE_INPUT,
                        Endpoint.COMPACT_RESPONSE);
        assertThat(EnumSet.allOf(Endpoint.class))
                .filteredOn(Endpoint::readsUsageStream)
                .containsExactly(Endpoint.CREATE_CHAT_COMPLETION, Endpoint.CREATE_COMPLETION);
    }
}
