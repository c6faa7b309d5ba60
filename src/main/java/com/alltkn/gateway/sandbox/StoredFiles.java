package com.alltkn.gateway.sandbox;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;

/// Keeps the last few uploaded files in memory and answers `files`. Used by one event loop only.
final class StoredFiles {

    private static final int MOST = 32;

    private final Stamp stamp;
    private final Map<String, JsonObject> descriptions = new LinkedHashMap<>();
    private final Map<String, Buffer> contents = new LinkedHashMap<>();

    StoredFiles(Stamp stamp) {
        this.stamp = stamp;
    }

    Answer store(String fileName, String purpose, Buffer content) {
        if (contents.size() == MOST) {
            forget(contents.keySet().iterator().next());
        }
        String id = stamp.id("file-");
        var description =
                new JsonObject()
                        .put("id", id)
                        .put("object", "file")
                        .put("bytes", content.length())
                        .put("created_at", stamp.created())
                        .put("filename", fileName)
                        .put("purpose", purpose)
                        .put("status", "processed");
        descriptions.put(id, description);
        contents.put(id, content);
        return Answer.json(description);
    }

    Answer list() {
        var data = new JsonArray();
        descriptions.values().forEach(data::add);
        return Answer.json(
                new JsonObject().put("object", "list").put("data", data).put("has_more", false));
    }

    Answer describe(String id) {
        JsonObject description = descriptions.get(id);
        return description == null ? unknown(id) : Answer.json(description);
    }

    Answer content(String id) {
        Buffer content = contents.get(id);
        return content == null ? unknown(id) : Answer.bytes("application/octet-stream", content);
    }

    Answer delete(String id) {
        return forget(id)
                ? Answer.json(
                        new JsonObject().put("id", id).put("object", "file").put("deleted", true))
                : unknown(id);
    }

    private boolean forget(String id) {
        descriptions.remove(id);
        return contents.remove(id) != null;
    }

    private static Answer unknown(String id) {
        return Trouble.notFound("No such File object: " + id, "id");
    }
}
