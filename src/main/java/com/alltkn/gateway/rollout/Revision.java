package com.alltkn.gateway.rollout;

import com.alltkn.gateway.secret.KeyId;

/// Credential and configuration as one numbered, immutable set. Two revisions are the same if their
/// content is; the number only says under which name the source has it now, and never an order: a
/// source may count from one again, or give old content a new number.
///
/// @param number the source's number: the version in Vault, the generation of a file, or 1
/// @param settings the content
/// @param source the name of the source
/// @param contentId the identity of the content, worked out once
public record Revision(
        long number, Settings settings, String source, Settings.ContentId contentId) {

    /// @param number the source's number
    /// @param settings the content
    /// @param source the name of the source
    public Revision(long number, Settings settings, String source) {
        this(number, settings, source, settings.contentId());
    }

    /// Checks that the identity is the content's.
    public Revision {
        if (!contentId.equals(settings.contentId())) {
            throw new IllegalArgumentException("the content id is not that of the settings");
        }
    }

    /// @param other another revision
    /// @return whether both have the same content, whatever their numbers
    public boolean sameContentAs(Revision other) {
        return contentId.equals(other.contentId);
    }

    /// @return the id of its key
    public KeyId keyId() {
        return settings.keyId();
    }

    /// @param same a revision with the same content
    /// @return it: this content under its number
    Revision renumberedAs(Revision same) {
        if (!sameContentAs(same)) {
            throw new IllegalArgumentException("another content is more than another number");
        }
        return same;
    }
}
