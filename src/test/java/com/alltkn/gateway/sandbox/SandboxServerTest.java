package com.alltkn.gateway.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SandboxServerTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final Vertx VERTX = Vertx.vertx();
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final SandboxServer SERVER =
            new SandboxServer(
                    VERTX, Clock.fixed(NOW, ZoneOffset.UTC), Duration.ZERO, Duration.ofMillis(300));

    private static URI base = URI.create("http://127.0.0.1/");

    @BeforeAll
    static void start() {
        int port = SERVER.listen(0).toCompletionStage().toCompletableFuture().join();
        base = URI.create("http://127.0.0.1:" + port + "/api/v1/");
    }

    @AfterAll
    static void stop() {
        VERTX.close().toCompletionStage().toCompletableFuture().join();
        CLIENT.close();
    }

    @Test
    void refusesACallWithoutAKey() throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(base.resolve("models")).build();

        HttpResponse<String> response = CLIENT.send(request, BodyHandlers.ofString());

        assertThat(response.statusCode()).isEqualTo(401);
        assertThat(error(response).getString("code")).isEqualTo("invalid_api_key");
    }

    @Test
    void listsItsModels() throws IOException, InterruptedException {
        JsonObject list = new JsonObject(get("models").body());

        assertThat(list.getString("object")).isEqualTo("list");
        assertThat(list.getJsonArray("data").stream().map(m -> ((JsonObject) m).getString("id")))
                .contains(
                        "deepseek-chat", "deepseek-reasoner", "vendor/Model-X:free", "sandbox-429");
    }

    @ParameterizedTest
    @CsvSource({
        "models/deepseek-chat, deepseek-chat",
        "models/vendor%2FModel-X:free, vendor/Model-X:free",
        "models/vendor/Model-X%3Afree, vendor/Model-X:free"
    })
    void findsAModelByItsId(String path, String id) throws IOException, InterruptedException {
        JsonObject model = new JsonObject(get(path).body());

        assertThat(model.getString("id")).isEqualTo(id);
        assertThat(model.getString("object")).isEqualTo("model");
    }

    @Test
    void answersTheLastUserMessage() throws IOException, InterruptedException {
        JsonObject completion = new JsonObject(chat("deepseek-chat", "").body());

        JsonObject choice = completion.getJsonArray("choices").getJsonObject(0);
        JsonObject usage = completion.getJsonObject("usage");
        assertThat(completion.getString("id")).startsWith("chatcmpl-");
        assertThat(completion.getString("object")).isEqualTo("chat.completion");
        assertThat(completion.getLong("created")).isEqualTo(NOW.getEpochSecond());
        assertThat(completion.getString("model")).isEqualTo("deepseek-chat");
        assertThat(choice.getString("finish_reason")).isEqualTo("stop");
        assertThat(choice.getJsonObject("message").getString("content"))
                .contains("sandbox", "why is the sky blue?");
        assertThat(usage.getInteger("total_tokens"))
                .isEqualTo(
                        usage.getInteger("prompt_tokens") + usage.getInteger("completion_tokens"));
    }

    @Test
    void streamsTheSameTextInChunks() throws IOException, InterruptedException {
        String whole =
                new JsonObject(chat("deepseek-chat", "").body())
                        .getJsonArray("choices")
                        .getJsonObject(0)
                        .getJsonObject("message")
                        .getString("content");

        HttpResponse<String> response =
                chat("deepseek-chat", ",'stream':true,'stream_options':{'include_usage':true}");

        List<String> data = data(response.body());
        List<JsonObject> chunks = objects(data.subList(0, data.size() - 1));
        List<JsonObject> choices =
                chunks.subList(0, chunks.size() - 1).stream()
                        .map(chunk -> chunk.getJsonArray("choices").getJsonObject(0))
                        .toList();
        assertThat(response.headers().firstValue("content-type").orElse(""))
                .startsWith("text/event-stream");
        assertThat(data.getLast()).isEqualTo("[DONE]");
        assertThat(choices.getFirst().getJsonObject("delta").getString("role"))
                .isEqualTo("assistant");
        assertThat(
                        choices.stream()
                                .map(c -> c.getJsonObject("delta").getString("content", ""))
                                .collect(Collectors.joining()))
                .isEqualTo(whole);
        assertThat(choices.getLast().getString("finish_reason")).isEqualTo("stop");
        assertThat(chunks.getLast().getJsonArray("choices")).isEmpty();
        assertThat(chunks.getLast().getJsonObject("usage").getInteger("completion_tokens"))
                .isEqualTo(choices.size() - 2);
        assertThat(chunks.stream().map(chunk -> chunk.getString("id")).distinct()).hasSize(1);
    }

    @Test
    void leavesUsageOutOfAStreamThatDidNotAskForIt() throws IOException, InterruptedException {
        String body = chat("deepseek-chat", ",'stream':true").body();

        assertThat(body).doesNotContain("usage").endsWith("data: [DONE]\n\n");
    }

    @Test
    void stopsAtTheLimitOfTokens() throws IOException, InterruptedException {
        JsonObject completion = new JsonObject(chat("deepseek-chat", ",'max_tokens':3").body());

        assertThat(completion.getJsonArray("choices").getJsonObject(0).getString("finish_reason"))
                .isEqualTo("length");
        assertThat(completion.getJsonObject("usage").getInteger("completion_tokens")).isEqualTo(3);
    }

    @Test
    void thinksBeforeItAnswersAsAReasoner() throws IOException, InterruptedException {
        JsonObject completion = new JsonObject(chat("deepseek-reasoner", "").body());

        JsonObject message =
                completion.getJsonArray("choices").getJsonObject(0).getJsonObject("message");
        assertThat(message.getString("reasoning_content")).contains("why is the sky blue?");
        assertThat(message.getString("content")).contains("sandbox");
    }

    @Test
    void callsTheFirstTool() throws IOException, InterruptedException {
        JsonObject completion = new JsonObject(chat("deepseek-chat", "," + tools()).body());

        JsonObject choice = completion.getJsonArray("choices").getJsonObject(0);
        JsonObject call =
                choice.getJsonObject("message").getJsonArray("tool_calls").getJsonObject(0);
        assertThat(choice.getString("finish_reason")).isEqualTo("tool_calls");
        assertThat(call.getString("type")).isEqualTo("function");
        assertThat(call.getJsonObject("function"))
                .isEqualTo(
                        new JsonObject()
                                .put("name", "get_weather")
                                .put("arguments", "{\"city\":\"Paris\",\"days\":3}"));
    }

    @Test
    void streamsTheArgumentsOfAToolInPieces() throws IOException, InterruptedException {
        List<String> data = data(chat("deepseek-chat", ",'stream':true," + tools()).body());

        List<JsonObject> calls =
                objects(data.subList(0, data.size() - 1)).stream()
                        .map(c -> c.getJsonArray("choices").getJsonObject(0).getJsonObject("delta"))
                        .filter(delta -> delta.containsKey("tool_calls"))
                        .map(delta -> delta.getJsonArray("tool_calls").getJsonObject(0))
                        .toList();
        assertThat(calls.getFirst().getString("id")).startsWith("call_");
        assertThat(calls.size()).isGreaterThan(2);
        assertThat(
                        calls.stream()
                                .map(c -> c.getJsonObject("function").getString("arguments"))
                                .collect(Collectors.joining()))
                .isEqualTo("{\"city\":\"Paris\",\"days\":3}");
        assertThat(data.get(data.size() - 2)).contains("\"finish_reason\":\"tool_calls\"");
    }

    @Test
    void quotesTheResultOfATool() throws IOException, InterruptedException {
        String body =
                json(
                        "{'model':'deepseek-chat','messages':[{'role':'user','content':'weather?'},"
                                + "{'role':'tool','tool_call_id':'call_1','content':'18 degrees'}],"
                                + tools()
                                + "}");

        String answer = post("chat/completions", body).body();

        assertThat(answer).contains("18 degrees").contains("\"finish_reason\":\"stop\"");
    }

    @Test
    void answersAStructuredOutputWithWhatFitsTheSchema() throws IOException, InterruptedException {
        String format =
                ",'response_format':{'type':'json_schema','json_schema':{'name':'w','schema':"
                        + "{'type':'object','properties':{'ok':{'type':'boolean'}}}}}";

        JsonObject completion = new JsonObject(chat("deepseek-chat", format).body());

        assertThat(
                        completion
                                .getJsonArray("choices")
                                .getJsonObject(0)
                                .getJsonObject("message")
                                .getString("content"))
                .isEqualTo("{\"ok\":true}");
    }

    @ParameterizedTest
    @CsvSource({
        "sandbox-400, 400, invalid_value",
        "sandbox-401, 401, invalid_api_key",
        "sandbox-402, 402, invalid_request_error",
        "sandbox-403, 403, permission_denied",
        "sandbox-404, 404, model_not_found",
        "sandbox-408, 408, request_timeout",
        "sandbox-429, 429, rate_limit_exceeded",
        "sandbox-quota, 429, insufficient_quota",
        "sandbox-500, 500, internal_error",
        "sandbox-503, 503, service_unavailable",
        "sandbox-529, 529, overloaded",
        "no-such-model, 404, model_not_found"
    })
    void answersWithTheErrorThatTheModelAsksFor(String model, int status, String code)
            throws IOException, InterruptedException {
        HttpResponse<String> response = chat(model, ",'stream':true");

        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(error(response).getString("code")).isEqualTo(code);
        assertThat(error(response).fieldNames())
                .containsExactlyInAnyOrder("message", "type", "param", "code");
        assertThat(response.headers().firstValue("retry-after").isPresent())
                .isEqualTo("sandbox-429".equals(model));
    }

    @Test
    void answersHtmlOrNothingWhereAsked() throws IOException, InterruptedException {
        assertThat(chat("sandbox-html", "").body()).startsWith("<!DOCTYPE html>");
        assertThat(chat("sandbox-empty", "").body()).isEmpty();
    }

    @Test
    void waitsBeforeASlowAnswer() throws IOException, InterruptedException {
        long before = System.nanoTime();

        HttpResponse<String> response = chat("sandbox-slow", "");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(Duration.ofNanos(System.nanoTime() - before))
                .isGreaterThanOrEqualTo(Duration.ofMillis(290));
    }

    @ParameterizedTest
    @CsvSource({"sandbox-hang, false", "sandbox-stall, false", "sandbox-stall, true"})
    void neverEndsSomeAnswers(String model, boolean stream) {
        HttpRequest request =
                request("chat/completions", chatBody(model, ",'stream':" + stream)).build();

        var answer = CLIENT.sendAsync(request, BodyHandlers.ofString());

        assertThatThrownBy(() -> answer.get(400, TimeUnit.MILLISECONDS))
                .isInstanceOf(TimeoutException.class);
        answer.cancel(true);
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void cutsAnAnswerInTheMiddle(boolean stream) {
        assertThatThrownBy(() -> chat("sandbox-cut", ",'stream':" + stream))
                .isInstanceOf(IOException.class);
    }

    @Test
    void sendsAnErrorInsideAStream() throws IOException, InterruptedException {
        List<String> data = data(chat("sandbox-error-event", ",'stream':true").body());

        assertThat(data.getFirst()).contains("\"role\":\"assistant\"");
        assertThat(new JsonObject(data.getLast()).getJsonObject("error").getString("type"))
                .isEqualTo("server_error");
    }

    @Test
    void embedsATextAsTheSameUnitVectorInBothEncodings() throws IOException, InterruptedException {
        String numbers =
                post(
                                "embeddings",
                                json(
                                        "{'model':'text-embedding-3-small','input':['a'],"
                                                + "'dimensions':8}"))
                        .body();
        String base64 =
                post(
                                "embeddings",
                                json(
                                        "{'model':'text-embedding-3-small','input':'a',"
                                                + "'dimensions':8,'encoding_format':'base64'}"))
                        .body();

        List<Float> vector =
                embedding(numbers, JsonArray.class).stream()
                        .map(n -> ((Number) n).floatValue())
                        .toList();
        assertThat(vector.stream().mapToDouble(v -> v * v).sum()).isCloseTo(1, within(1e-5));
        assertThat(floats(embedding(base64, String.class))).isEqualTo(vector);
    }

    @Test
    void ranksTheDocumentWithTheWordsOfTheQueryFirst() throws IOException, InterruptedException {
        String body =
                "{'model':'rerank-v1','query':'blue sky','documents':['red','a blue sky','sky'],"
                        + "'top_n':2}";

        JsonArray results =
                new JsonObject(post("rerank", json(body)).body()).getJsonArray("results");

        assertThat(results.stream().map(r -> ((JsonObject) r).getInteger("index")))
                .containsExactly(1, 2);
    }

    @Test
    void answersCompletionsPlainAndStreamed() throws IOException, InterruptedException {
        String plain =
                post("completions", json("{'model':'deepseek-chat','prompt':'once upon'}")).body();
        String streamed =
                post("completions", json("{'model':'deepseek-chat','prompt':'once','stream':true}"))
                        .body();

        assertThat(plain).contains("\"object\":\"text_completion\"", "once upon");
        assertThat(data(streamed).getLast()).isEqualTo("[DONE]");
    }

    @Test
    void answersResponses() throws IOException, InterruptedException {
        String body = post("responses", json("{'model':'deepseek-chat','input':'sky?'}")).body();

        JsonObject response = new JsonObject(body);
        assertThat(response.getString("object")).isEqualTo("response");
        assertThat(response.getString("status")).isEqualTo("completed");
        assertThat(
                        response.getJsonArray("output")
                                .getJsonObject(0)
                                .getJsonArray("content")
                                .getJsonObject(0)
                                .getString("text"))
                .contains("sky?");
    }

    @ParameterizedTest
    @CsvSource({"500, response.completed", "3, response.incomplete"})
    void streamsResponsesAsTypedEvents(int limit, String last)
            throws IOException, InterruptedException {
        String body =
                post(
                                "responses",
                                json(
                                        "{'model':'deepseek-chat','input':[{'role':'user',"
                                                + "'content':[{'type':'input_text','text':'sky?'}]}],"
                                                + "'stream':true,'max_output_tokens':"
                                                + limit
                                                + "}"))
                        .body();

        List<JsonObject> events = objects(data(body));
        assertThat(events.getFirst().getString("type")).isEqualTo("response.created");
        assertThat(events.getLast().getString("type")).isEqualTo(last);
        assertThat(events.stream().map(e -> e.getString("type")))
                .contains("response.output_text.delta", "response.output_text.done");
        assertThat(body).contains("event: " + last + "\n").doesNotContain("[DONE]");
    }

    @Test
    void moderatesSpeaksAndPaints() throws IOException, InterruptedException {
        String moderation = post("moderations", json("{'input':'hello'}")).body();
        String speech =
                post("audio/speech", json("{'model':'tts-1','input':'hi','voice':'alloy'}")).body();
        String image = post("images/generations", json("{'prompt':'a cat'}")).body();

        assertThat(moderation).contains("\"flagged\":false");
        assertThat(speech).startsWith("RIFF");
        assertThat(
                        Base64.getDecoder()
                                .decode(
                                        new JsonObject(image)
                                                .getJsonArray("data")
                                                .getJsonObject(0)
                                                .getString("b64_json")))
                .startsWith((byte) 0x89, 'P', 'N', 'G');
    }

    @Test
    void transcribesAnUploadedFile() throws IOException, InterruptedException {
        HttpResponse<String> response = upload("audio/transcriptions", "model", "whisper-1");

        assertThat(new JsonObject(response.body()).getString("text"))
                .contains("note.txt", "5 bytes");
    }

    @Test
    void keepsUploadedFiles() throws IOException, InterruptedException {
        JsonObject file = new JsonObject(upload("files", "purpose", "batch").body());

        String id = file.getString("id");
        assertThat(file.getInteger("bytes")).isEqualTo(5);
        assertThat(get("files").body()).contains(id);
        assertThat(get("files/" + id).body()).contains("\"purpose\":\"batch\"");
        assertThat(get("files/" + id + "/content").body()).isEqualTo("hello");
        assertThat(get("files/no-such-file").statusCode()).isEqualTo(404);
    }

    @Test
    void refusesABodyThatIsNoJsonAndAPathItDoesNotKnow() throws IOException, InterruptedException {
        assertThat(post("chat/completions", "{").statusCode()).isEqualTo(400);
        assertThat(post("chat/completions", "[]").statusCode()).isEqualTo(400);
        assertThat(post("chat/completions", "{}").statusCode()).isEqualTo(400);
        assertThat(get("no/such/path").statusCode()).isEqualTo(404);
    }

    private static HttpResponse<String> get(String path) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(base.resolve(path))
                        .header("authorization", "Bearer key")
                        .build();
        return CLIENT.send(request, BodyHandlers.ofString());
    }

    private static HttpResponse<String> post(String path, String body)
            throws IOException, InterruptedException {
        return CLIENT.send(request(path, body).build(), BodyHandlers.ofString());
    }

    private static HttpResponse<String> chat(String model, String more)
            throws IOException, InterruptedException {
        return post("chat/completions", chatBody(model, more));
    }

    private static HttpResponse<String> upload(String path, String field, String value)
            throws IOException, InterruptedException {
        String body =
                "--b\r\ncontent-disposition: form-data; name=\""
                        + field
                        + "\"\r\n\r\n"
                        + value
                        + "\r\n--b\r\ncontent-disposition: form-data; name=\"file\";"
                        + " filename=\"note.txt\"\r\ncontent-type: text/plain\r\n\r\nhello\r\n"
                        + "--b--\r\n";
        HttpRequest request =
                request(path, body)
                        .setHeader("content-type", "multipart/form-data; boundary=b")
                        .build();
        return CLIENT.send(request, BodyHandlers.ofString());
    }

    private static HttpRequest.Builder request(String path, String body) {
        return HttpRequest.newBuilder(base.resolve(path))
                .header("authorization", "Bearer key")
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofString(body));
    }

    private static String chatBody(String model, String more) {
        return json(
                "{'model':'"
                        + model
                        + "','messages':[{'role':'system','content':'be brief'},"
                        + "{'role':'user','content':'why is the sky blue?'}]"
                        + more
                        + "}");
    }

    private static String tools() {
        return "'tools':[{'type':'function','function':{'name':'get_weather','parameters':"
                + "{'type':'object','properties':{'city':{'type':'string'},"
                + "'days':{'type':'integer'}}}}}]";
    }

    private static String json(String singleQuoted) {
        return singleQuoted.replace('\'', '"');
    }

    private static JsonObject error(HttpResponse<String> response) {
        return new JsonObject(response.body()).getJsonObject("error");
    }

    private static List<String> data(String events) {
        return events.lines()
                .filter(line -> line.startsWith("data: "))
                .map(line -> line.substring("data: ".length()))
                .toList();
    }

    private static List<JsonObject> objects(List<String> data) {
        return data.stream().map(JsonObject::new).toList();
    }

    private static <T> T embedding(String body, Class<T> type) {
        return type.cast(
                new JsonObject(body).getJsonArray("data").getJsonObject(0).getValue("embedding"));
    }

    private static List<Float> floats(String base64) {
        ByteBuffer bytes =
                ByteBuffer.wrap(Base64.getDecoder().decode(base64)).order(ByteOrder.LITTLE_ENDIAN);
        List<Float> floats = new ArrayList<>();
        while (bytes.hasRemaining()) {
            floats.add(bytes.getFloat());
        }
        return floats;
    }
}
