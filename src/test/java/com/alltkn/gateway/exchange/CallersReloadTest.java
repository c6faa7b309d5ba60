package com.alltkn.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.caller.CallerDirectory;
import com.alltkn.gateway.laboratory.LiveCallersFile;
import com.alltkn.gateway.laboratory.MadeUpCallers;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.RawResponse;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
class CallersReloadTest extends ExchangeTest {

    @Inject CallerDirectory directory;

    private final String key = "test-caller-" + UUID.randomUUID();
    private LiveCallersFile file;

    @BeforeEach
    void open() throws IOException {
        file = new LiveCallersFile(directory);
    }

    @AfterEach
    void putBack() throws IOException {
        file.close();
    }

    @Test
    void takesANewCallerOnWithoutARestart() throws IOException {
        assertEnvelope(ask(key), 401, "invalid_api_key");

        file.add("new", key, "fallback: true");

        assertThat(ask(key).status()).isEqualTo(200);
        assertThat(ask(laboratory.callerKey()).status()).isEqualTo(200);
        assertThat(records.await(3).get(1).path("caller").asText()).isEqualTo("new");
    }

    @Test
    void refusesACallerThatIsBlockedOrGone() throws IOException {
        file.add("new", key, "fallback: true");
        file.write(
                file.original()
                        + "  - id: new\n    api-keys: [\"sha256:%s\"]\n    blocked: true\n"
                                .formatted(MadeUpCallers.sha256(key)));
        file.await(callers -> callers.all().stream().anyMatch(caller -> caller.blocked()));
        var blocked = ask(key);

        file.write(file.original());
        file.await(
                callers -> callers.all().stream().noneMatch(caller -> caller.id().equals("new")));

        assertEnvelope(blocked, 403, "caller_blocked");
        assertEnvelope(ask(key), 401, "invalid_api_key");
    }

    @Test
    void holdsACallerToALimitThatHasChanged() throws IOException {
        file.add("new", key, "limits: {request-bytes: 20}");

        assertEnvelope(ask(key), 413, "request_too_large");
    }

    @Test
    void goesOnWithTheCallersItHasWhereTheFileIsNoGood() throws IOException {
        var known = metric("gateway_callers_known");
        var before = metric("gateway_callers_stale_seconds");

        file.write(file.original().replace("sha256:", "sha255:"));
        file.awaitStale();

        assertThat(ask(laboratory.callerKey()).status()).isEqualTo(200);
        assertThat(before).isZero();
        assertThat(metric("gateway_callers_stale_seconds")).isGreaterThan(0);
        assertThat(metric("gateway_callers_known")).isEqualTo(known);
    }

    private RawResponse ask(String key) throws IOException {
        return send(RawHttp.post("/v1/chat/completions", CHAT, withKey(key)));
    }
}
