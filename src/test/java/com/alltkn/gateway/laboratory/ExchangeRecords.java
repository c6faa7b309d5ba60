package com.alltkn.gateway.laboratory;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.awaitility.Awaitility;

/// The event records that were logged while it is open.
public final class ExchangeRecords {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Logger category = Logger.getLogger("gateway.exchange");
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Handler handler =
            new Handler() {
                @Override
                public void publish(LogRecord record) {
                    lines.add(record.getMessage());
                }

                @Override
                public void flush() {
                    // Nothing is kept back.
                }

                @Override
                public void close() {
                    // Nothing is held.
                }
            };

    void open() {
        lines.clear();
        category.addHandler(handler);
    }

    void close() {
        category.removeHandler(handler);
    }

    /// @return the lines so far
    public List<String> lines() {
        return List.copyOf(lines);
    }

    /// Waits for the only record of a test.
    public JsonNode single() {
        return await(1).getFirst();
    }

    /// Waits until exactly so many records were written.
    public List<JsonNode> await(int count) {
        Awaitility.await("%d records".formatted(count))
                .atMost(Duration.ofSeconds(10))
                .until(() -> lines.size() == count);
        return lines.stream().map(ExchangeRecords::parse).toList();
    }

    /// @param stdout what the packaged application wrote to standard output
    /// @return its lines, each a JSON text
    public static List<JsonNode> of(String stdout) {
        return stdout.lines().map(ExchangeRecords::parse).toList();
    }

    private static JsonNode parse(String line) {
        try {
            return JSON.readTree(line);
        } catch (JsonProcessingException e) {
            throw new AssertionError("not JSON: " + line, e);
        }
    }
}
