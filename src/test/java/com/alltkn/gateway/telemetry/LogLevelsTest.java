package com.alltkn.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.MadeUpRevision;
import com.alltkn.gateway.rollout.LogLevel;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogLevelsTest {

    private final Logger own = Logger.getLogger("com.alltkn.gateway");
    private final Level before = own.getLevel();
    private final LogLevels levels = new LogLevels();

    @AfterEach
    void restore() {
        own.setLevel(before);
    }

    @ParameterizedTest
    @CsvSource({"ERROR, ERROR", "WARN, WARN", "INFO, INFO", "DEBUG, DEBUG", "TRACE, TRACE"})
    void givesItsOwnCategoryTheLevelOfTheRevision(LogLevel asked, String name) {
        promote(asked);

        assertThat(own.getLevel().getName()).isEqualTo(name);
    }

    @Test
    void leavesRecordsAndEverybodyElseAsTheyAre() {
        var records = Logger.getLogger("gateway.exchange").getLevel();
        var root = Logger.getLogger("").getLevel();

        promote(LogLevel.ERROR);

        assertThat(Logger.getLogger("gateway.exchange").getLevel()).isEqualTo(records);
        assertThat(Logger.getLogger("").getLevel()).isEqualTo(root);
    }

    private void promote(LogLevel level) {
        levels.promoted(MadeUpRevision.of(1, "test-key", "deepseek-chat", level, List.of()), null);
    }
}
