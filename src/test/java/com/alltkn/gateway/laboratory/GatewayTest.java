package com.alltkn.gateway.laboratory;

import com.alltkn.gateway.laboratory.GatewayUnderTest.Laboratory;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/// The ground of every test that talks to a whole gateway: one application for all of them, with an
/// upstream that forgets before each test. After each, nothing may be left: every exchange that
/// began has settled.
@WithTestResource(GatewayUnderTest.class)
@SuppressWarnings("NullAway.Init") // the fields are filled in before each test
public abstract class GatewayTest {

    protected static final Duration SOON = Duration.ofSeconds(5);

    protected static final String CHAT =
            "{\"model\":\"some-model\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";

    /// A stream whose usage the caller asked for, so that the gateway has nothing to add.
    protected static final String STREAMED_CHAT =
            "{\"model\":\"some-model\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                    + "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";

    protected Laboratory laboratory;

    @TestHTTPResource("/")
    protected URI url;

    @TestHTTPResource(value = "/", management = true)
    protected URI managementUrl;

    protected final ExchangeRecords records = new ExchangeRecords();

    @BeforeEach
    void beginAnew() {
        Awaitility.await("the gateway is ready")
                .pollDelay(Duration.ZERO)
                .atMost(SOON)
                .until(() -> management("/q/health/ready").status() == 200);
        laboratory.upstream().forget();
        records.open();
    }

    @AfterEach
    void nothingIsLeft() {
        Awaitility.await("every exchange has settled")
                .pollDelay(Duration.ZERO)
                .atMost(SOON)
                .until(() -> metric("gateway_exchanges_in_flight") == 0);
        records.close();
    }

    /// Opens a connection of a caller.
    protected RawHttp connect() throws IOException {
        return RawHttp.connect(url.getPort());
    }

    /// Sends one request on a connection of its own.
    protected RawResponse send(String request) throws IOException {
        try (var connection = connect()) {
            return connection.send(request).read(SOON);
        }
    }

    /// A POST of JSON by the caller `plain`.
    protected String post(String path, String body, String... headers) {
        return request("POST", path, body, headers);
    }

    /// A request by the caller `plain`.
    protected String request(String method, String path, String body, String... headers) {
        return RawHttp.request(method, path, body, withKey(laboratory.callerKey(), headers));
    }

    /// Further header lines after the credential.
    protected static String[] withKey(String key, String... headers) {
        var all = new String[headers.length + 1];
        all[0] = "authorization: Bearer " + key;
        System.arraycopy(headers, 0, all, 1, headers.length);
        return all;
    }

    /// The sum of a meter's samples, over all of its labels.
    protected double metric(String name) {
        return scrape().lines()
                .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /// Everything that Prometheus would see.
    protected String scrape() {
        return management("/q/metrics").bodyText();
    }

    /// Reads a path of the management port.
    protected RawResponse management(String path) {
        try (var connection = RawHttp.connect(managementUrl.getPort())) {
            return connection.send(RawHttp.request("GET", path, "", "accept: */*")).read(SOON);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
