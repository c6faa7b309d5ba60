package com.alltkn.gateway.rollout;

import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What one read of a source came to.
public sealed interface Reading {

    /// The source has content that it did not have at the last [Found].
    ///
    /// @param number the source's number for it
    /// @param fields what it holds, by name; numbers, booleans and structures as the source has
    ///   them, absent values left out
    /// @param pinned whether an operator asked for this very version
    /// @param writing what tells this writing of it from another with the same number or the same
    ///   content
    record Found(long number, Map<String, Object> fields, boolean pinned, String writing)
            implements Reading {

        /// The current content, which nobody pinned.
        ///
        /// @param number the source's number for it
        /// @param fields what it holds, by name
        public Found(long number, Map<String, Object> fields) {
            this(number, fields, false);
        }

        /// What is written under a number once and for all.
        ///
        /// @param number the source's number for it
        /// @param fields what it holds, by name
        /// @param pinned whether an operator asked for this very version
        public Found(long number, Map<String, Object> fields, boolean pinned) {
            this(number, fields, pinned, Long.toString(number));
        }

        /// Copies.
        public Found {
            fields = Map.copyOf(fields);
        }

        /// The same content under the same number is the same, however often it was written.
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Found(var otherNumber, var otherFields, var otherPinned, _)
                    && number == otherNumber
                    && pinned == otherPinned
                    && fields.equals(otherFields);
        }

        @Override
        public int hashCode() {
            return Objects.hash(number, fields, pinned);
        }

        /// The names only: one of the values is a key.
        @Override
        public String toString() {
            return "Found[number="
                    + number
                    + ", fields="
                    + new TreeSet<>(fields.keySet())
                    + (pinned ? ", pinned]" : "]");
        }
    }

    /// The source answered, and has nothing that it did not have at the last [Found].
    record Unchanged() implements Reading {}

    /// The source answered, but an operator's pin names nothing that can be read, so nothing is
    /// followed until the pin is changed.
    ///
    /// @param detail for people: the gateway's own words
    record Misdirected(String detail) implements Reading {}

    /// The source gave nothing.
    ///
    /// @param reason why
    /// @param detail for people: the gateway's own words, never the source's, which could hold a
    ///   token
    record Unavailable(SourceFailure reason, String detail) implements Reading {}
}
