package com.alltkn.gateway.startup;

import com.alltkn.gateway.check.Finding;
import java.util.List;

/// What the checks of a start have found.
///
/// @param findings in the order of the checks; the start is refused unless there are none
public record StartReport(List<Finding> findings) {

    /// Copies.
    public StartReport {
        findings = List.copyOf(findings);
    }

    /// @return what is wrong, in a sentence each
    public List<String> sentences() {
        return findings.stream().map(Finding::what).toList();
    }

    void refuseIfAny() {
        if (!findings.isEmpty()) {
            throw new RefusedStartException(sentences());
        }
    }
}
