package com.alltkn.gateway.openai;

import io.vertx.core.buffer.Buffer;

/// A stream of which the usage chunk is taken out, as the relay does it: one tap reads each piece
/// and the filter behind it gets what it was told.
final class FilteredStream {

    private final UsageChunkFilter filter = new UsageChunkFilter();
    private final SseTap reader = new SseTap(StreamEnd.DONE, false, filter);

    Buffer accept(Buffer piece) {
        return filter.accept(reader.accept(piece));
    }

    Buffer letGo() {
        assertNothingGoesOn(reader);
        return filter.letGo().orElseGet(Buffer::buffer);
    }

    int held() {
        return filter.held();
    }

    Buffer end() {
        return filter.end().orElseGet(Buffer::buffer);
    }

    private static void assertNothingGoesOn(SseTap reader) {
        if (reader.letGo().isPresent()) {
            throw new AssertionError("the reader holds nothing back");
        }
    }
}
