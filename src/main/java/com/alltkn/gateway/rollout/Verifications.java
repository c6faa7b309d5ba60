package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.Settings.ContentId;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/// What is known of the contents that do not carry requests, by content and not by number: the same
/// content under a new number is still the same. The one that was not looked at for longest is
/// forgotten when there are too many, which costs no more than asking about it again.
///
/// For one thread at a time.
final class Verifications {

    // More than anybody writes between two good ones.
    private static final int MAX = 64;

    private final Map<ContentId, Verification> byContent = new LinkedHashMap<>(16, 0.75f, true);

    Verification of(Revision revision) {
        var verification = byContent.computeIfAbsent(revision.contentId(), _ -> new Verification());
        if (byContent.size() > MAX) {
            byContent.remove(byContent.keySet().iterator().next());
        }
        return verification;
    }

    /// A content that was good begins anew when it comes back.
    void forget(Revision revision) {
        byContent.computeIfPresent(revision.contentId(), (_, known) -> known.anew());
    }

    void hurry(Instant earliest) {
        byContent.values().forEach(verification -> verification.hurry(earliest));
    }
}
