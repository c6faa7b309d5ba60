package com.alltkn.gateway.exchange.answer;

import com.alltkn.gateway.exchange.step.Progress;
import com.alltkn.gateway.quota.Quotas;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;

/// What the head of every answer says, be it upstream's or the gateway's own.
///
/// @param quotas know where every caller stands
/// @param tellsRevision whether the number of the revision is told
public record AnswerHead(Quotas quotas, boolean tellsRevision) {

    private static final CharSequence REQUEST_ID = HttpHeaders.createOptimized("x-request-id");
    private static final CharSequence REVISION = HttpHeaders.createOptimized("x-gateway-revision");

    /// Writes it.
    ///
    /// @param known what is known of the exchange
    /// @param last whether the answer ends its connection
    /// @param headers the headers of the answer to the caller
    public void write(Progress known, boolean last, MultiMap headers) {
        headers.set(REQUEST_ID, known.arrival().requestId());
        var revision = known.revision();
        if (tellsRevision && revision != null) {
            headers.set(REVISION, Long.toString(revision.number()));
        }
        if (last) {
            headers.set(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
        var standing = known.standing();
        var caller = known.caller();
        if (standing == null && caller != null) {
            standing = quotas.lastKnown(caller);
        }
        if (standing != null) {
            RateLimitHeaders.write(standing, headers);
        }
    }
}
