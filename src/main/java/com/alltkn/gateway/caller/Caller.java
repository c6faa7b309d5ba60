package com.alltkn.gateway.caller;

/// An internal service that may use the gateway.
///
/// @param id its name in records and meters: `[a-z0-9][a-z0-9._-]{0,63}`
/// @param storedObjects whether it may reach objects stored in the account that all callers share
/// @param fallback whether another model may answer where the one it asked for does not
public record Caller(String id, boolean storedObjects, boolean fallback) {}
