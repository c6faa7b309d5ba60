package com.alltkn.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeepAliveTest {

    private final AtomicLong nanos = new AtomicLong();
    private final KeepAlive keepAlive = new KeepAlive(Duration.ofSeconds(4), nanos::get);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "timeout=5 | 4",
                "timeout=5, max=1000 | 4",
                "max=7,  Timeout=9 | 8",
                "timeout=19 | 18",
                "timeout=1 | 0",
                "timeout=0 | -1",
                "timeout=31 | 30",
                "timeout=999999999 | 30"
            })
    void isASecondLessThanUpstreamSaysAndNoMoreThanThirty(String header, int seconds) {
        assertThat(keepAlive.announced(header)).contains(Duration.ofSeconds(seconds));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "timeout", "timeout=", "timeout=x", "timeout=-1", "timeout=5s", "max=9"})
    void isAsUsualWhereUpstreamSaysNothingClear(String header) {
        assertThat(keepAlive.announced(header)).isEmpty();
        assertThat(keepAlive.usual()).isEqualTo(Duration.ofSeconds(4));
    }

    @Test
    void isAsLongAsItIsSetToWhereUpstreamSaysAtLeastThat() {
        var set = new KeepAlive(Duration.ofSeconds(50), nanos::get);

        assertThat(set.announced("timeout=75")).contains(Duration.ofSeconds(50));
        assertThat(set.announced("timeout=20")).contains(Duration.ofSeconds(19));
        assertThat(set.most()).isEqualTo(Duration.ofSeconds(50));
    }

    @Test
    void isShorterForAWhileOnceUpstreamHasClosedAConnectionEarlier() {
        keepAlive.closedByUpstream(Duration.ofMillis(3500));
        assertThat(keepAlive.most()).isEqualTo(Duration.ofMillis(2500));

        keepAlive.closedByUpstream(Duration.ofMillis(3900));
        assertThat(keepAlive.most()).isEqualTo(Duration.ofMillis(2500));

        nanos.addAndGet(Duration.ofMinutes(5).toNanos());
        assertThat(keepAlive.most()).isEqualTo(Duration.ofSeconds(30));
    }

    /// A server that ends closes what is in use all the time, too.
    @Test
    void isNeverSoShortThatConnectionsInUseAreClosed() {
        keepAlive.closedByUpstream(Duration.ofMillis(3));
        assertThat(keepAlive.most()).isEqualTo(Duration.ofSeconds(30));

        keepAlive.closedByUpstream(Duration.ofMillis(1000));
        assertThat(keepAlive.most()).isEqualTo(Duration.ofSeconds(1));
    }
}
