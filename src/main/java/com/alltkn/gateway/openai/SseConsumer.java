package com.alltkn.gateway.openai;

/// Is told what goes by in a stream of server-sent events. Offsets count the bytes of the stream
/// from its first.
public interface SseConsumer {

    /// A line is over that is not blank.
    ///
    /// @param at where it begins, behind a byte order mark
    /// @param comment whether it is one
    default void line(long at, boolean comment) {}

    /// A line stands open at the end of what has come.
    ///
    /// @param at where it begins
    /// @param colon whether it begins with a colon, as comments do
    default void openLine(long at, boolean colon) {}

    /// The data of the open event was read: of its first line, at once, and if there are more of
    /// all of them together, at its end.
    ///
    /// @param event holds only until this returns
    default void data(SseEvent event) {}

    /// A blank line has ended an event, which may have none but comments.
    ///
    /// @param event holds only until this returns
    /// @param next the offset behind the blank line, of which an LF after its CR is no part
    default void over(SseEvent event, long next) {}
}
