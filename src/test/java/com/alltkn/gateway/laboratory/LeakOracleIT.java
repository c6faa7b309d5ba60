package com.alltkn.gateway.laboratory;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Shows that the oracle sees what is left, by leaving it.
class LeakOracleIT {

    private static final Duration SOON = Duration.ofSeconds(10);

    private static Production production;
    private static GatewayProcess gateway;

    @BeforeAll
    static void start() {
        production = Production.start();
        gateway = production.quickGateway().start().awaitReady();
    }

    @AfterAll
    static void stop() {
        gateway.close();
        production.close();
    }

    @Test
    void seesAStreamThatIsStillOpen() throws IOException {
        var oracle = LeakOracle.before(gateway, production.upstream());
        production.upstream().answerNext(Script.stallAfter(Script.event("{}")));
        try (var caller = gateway.connect()) {
            caller.send(
                    production.post("/v1/chat/completions", "{\"stream\":true,\"messages\":[]}"));
            caller.readUntil("\r\n\r\n", SOON);

            assertThatThrownBy(oracle::assertNothingIsLeft)
                    .hasMessageContaining("1 exchanges in flight, 1 busy connections to upstream");
        }

        oracle.assertNothingIsLeft();
    }

    @Test
    void seesAConnectionOfACallerThatIsStillOpen() throws IOException {
        gateway.send(production.post("/v1/chat/completions", "{\"messages\":[]}"));
        var oracle = LeakOracle.before(gateway, production.upstream());
        try (var caller = gateway.connect()) {
            caller.send(production.post("/v1/chat/completions", "{\"messages\":[]}")).read(SOON);

            assertThatThrownBy(oracle::assertNothingIsLeft)
                    .hasMessageContaining("left behind: [1 × socket]");
        }

        oracle.assertNothingIsLeft();
    }
}
