package com.alltkn.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.GatewayTest;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
class RelayTest extends GatewayTest {

    @Test
    void relaysAnAnswerByteForByte() throws IOException {
        var answer = "{ \"id\" : 1.50e0, \"text\":\"\\u4f60\\u597d 你好\" ,\"choices\":[]}\n";
        laboratory.upstream().answer(Script.json(200, answer));

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.bodyText()).isEqualTo(answer);
        assertThat(laboratory.upstream().requests().getFirst().bodyText()).isEqualTo(CHAT);
        assertThat(laboratory.upstream().requests().getFirst().rawPath())
                .isEqualTo("/api/v1/chat/completions");
    }

    @Test
    void writesAsterisksOverItsOwnKeyInAnAnswer() throws IOException {
        var key = laboratory.upstreamKey();
        var answer = "{\"echo\":\"Bearer " + key + "\",\"near\":\"test-key-\"}";
        laboratory.upstream().answer(Script.json(200, answer));

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.bodyText()).isEqualTo(answer.replace(key, "*".repeat(key.length())));
    }

    @Test
    void writesAsterisksOverItsOwnKeyInAStreamHoweverItComes() throws IOException {
        var key = laboratory.upstreamKey();
        var start = "data: {\"error\":{\"message\":\"no such key ";
        var end = "\"}}\n\ndata: [DONE]\n\n";
        laboratory
                .upstream()
                .answer(
                        Script.sseHead()
                                .chunks(start + key.substring(0, 9), key.substring(9) + end)
                                .lastChunk());

        var response = send(post("/v1/chat/completions", STREAMED_CHAT));

        assertThat(response.bodyText()).isEqualTo(start + "*".repeat(key.length()) + end);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1", "/api/v1"})
    void servesBothRoots(String root) throws IOException {
        laboratory.upstream().answer(Script.json(200, ScriptedUpstream.COMPLETION));

        var response = send(post(root + "/chat/completions", CHAT));

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.bodyText()).isEqualTo(ScriptedUpstream.COMPLETION);
    }

    @Test
    void passesAnAnswerOnWhoseChunksComeOneByOne() throws IOException {
        laboratory
                .upstream()
                .answer(
                        Script.head(
                                        200,
                                        "content-type: application/json",
                                        "transfer-encoding: chunked")
                                .chunks("{\"a\":", "1,", "\"b\":\"你", "好\"}")
                                .lastChunk());

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.bodyText()).isEqualTo("{\"a\":1,\"b\":\"你好\"}");
        assertThat(response.complete()).isTrue();
    }

    @Test
    void holdsNoLargePieceOfAnAnswerUntilTheNext() throws IOException {
        laboratory
                .upstream()
                .answer(
                        Script.head(200, "content-type: application/json", "content-length: 60000")
                                .send("{\"a\":\"" + "x".repeat(50_000))
                                .hang());

        try (var connection = connect()) {
            connection.send(post("/v1/chat/completions", CHAT));

            assertThat(connection.readUntil("x".repeat(30_000), SOON)).contains("{\"a\":\"xxx");
        }
    }

    @Test
    void putsTheDefaultModelInWhereNoneIsNamedAndChangesNothingElse() throws IOException {
        laboratory.upstream().answer(Script.json(200, ScriptedUpstream.COMPLETION));

        var response =
                send(post("/v1/chat/completions", "{\"messages\" : [] , \"x\":1.0, \"n\":1e2}"));

        assertThat(laboratory.upstream().requests().getFirst().bodyText())
                .isEqualTo(
                        "{\"model\":\"deepseek-chat\",\"messages\" : [] , \"x\":1.0, \"n\":1e2}");
        assertThat(response.header("x-gateway-model")).contains("deepseek-chat");
    }

    @Test
    void relaysAModelIdWithASlashAndAColonUndecoded() throws IOException {
        laboratory.upstream().answer(Script.json(200, "{\"id\":\"vendor/Model-X:free\"}"));

        var response = send(request("GET", "/v1/models/vendor%2FModel-X:free?x=%20y", ""));

        assertThat(response.status()).isEqualTo(200);
        assertThat(laboratory.upstream().requests().getFirst().rawPath())
                .isEqualTo("/api/v1/models/vendor%2FModel-X:free?x=%20y");
    }

    @Test
    void streamsAnUploadAndRetriesNothing() throws IOException {
        laboratory.upstream().answer(Script.json(200, "{\"text\":\"hi\"}"));
        var part =
                "--x\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\n"
                        + "a".repeat(300_000);
        var body = part + "\r\n--x--\r\n";

        var response =
                send(
                        "POST /v1/audio/transcriptions HTTP/1.1\r\nhost: h\r\nauthorization: Bearer "
                                + laboratory.callerKey()
                                + "\r\ncontent-type: multipart/form-data; boundary=x\r\n"
                                + "content-length: "
                                + body.length()
                                + "\r\n\r\n"
                                + body);

        assertThat(response.status()).isEqualTo(200);
        var seen = laboratory.upstream().requests();
        assertThat(seen).hasSize(1);
        assertThat(seen.getFirst().bodyText()).isEqualTo(body);
        assertThat(seen.getFirst().header("content-type"))
                .contains("multipart/form-data; boundary=x");
    }

    @Test
    void passesAudioOnAsItIs() throws IOException {
        var audio = "RIFF\u0001\u0002";
        laboratory
                .upstream()
                .answer(
                        Script.head(200, "content-type: audio/wav", "content-length: 6")
                                .send(audio));

        var response =
                send(
                        post(
                                "/v1/audio/speech",
                                "{\"model\":\"tts\",\"input\":\"x\",\"voice\":\"v\"}"));

        assertThat(response.header("content-type")).contains("audio/wav");
        assertThat(response.bodyText()).isEqualTo(audio);
    }

    @Test
    void neverFollowsARedirect() throws IOException {
        laboratory.upstream().answer(Script.redirect(302, "http://127.0.0.1:1/elsewhere"));

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.status()).isEqualTo(502);
        assertThat(response.bodyText()).contains("\"code\":\"upstream_invalid_answer\"");
        assertThat(laboratory.upstream().requests()).hasSize(1);
    }

    @Test
    void keepsACallersConnectionForItsNextRequest() throws IOException {
        laboratory.upstream().answer(Script.json(200, ScriptedUpstream.COMPLETION));
        try (var connection = connect()) {
            for (int i = 0; i < 3; i++) {
                var response = connection.send(post("/v1/chat/completions", CHAT)).read(SOON);

                assertThat(response.bodyText()).isEqualTo(ScriptedUpstream.COMPLETION);
            }
            assertThat(connection.send(request("GET", "/v1/nothing", "")).read(SOON).status())
                    .isEqualTo(404);
            assertThat(connection.send(post("/v1/nothing", CHAT)).read(SOON).status())
                    .isEqualTo(404);
            assertThat(connection.send(post("/v1/chat/completions", CHAT)).read(SOON).status())
                    .isEqualTo(200);
        }
        records.await(6);
    }
}
