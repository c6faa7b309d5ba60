package com.alltkn.gateway.sandbox;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/// Makes up a value that fits a JSON schema, for tool arguments and structured outputs.
final class SchemaExample {

    /// A schema may refer to itself; deeper than this nothing more is made up.
    private static final int DEEPEST = 6;

    private SchemaExample() {}

    /// An object with a value for each property of the schema; empty for no schema.
    static JsonObject object(@Nullable JsonObject schema) {
        return schema == null ? new JsonObject() : properties(schema, 0);
    }

    private static JsonObject properties(JsonObject schema, int depth) {
        var example = new JsonObject();
        JsonObject properties = schema.getJsonObject("properties", new JsonObject());
        for (String name : properties.fieldNames()) {
            if (properties.getValue(name) instanceof JsonObject property && depth < DEEPEST) {
                example.put(name, value(name, property, depth + 1));
            }
        }
        return example;
    }

    private static @Nullable Object value(String name, JsonObject schema, int depth) {
        if (schema.containsKey("const")) {
            return schema.getValue("const");
        }
        if (schema.getValue("enum") instanceof JsonArray values && !values.isEmpty()) {
            return values.getValue(0);
        }
        Object type = schema.getValue("type");
        if (type instanceof JsonArray types && !types.isEmpty()) {
            type = types.getValue(0);
        }
        return switch (String.valueOf(type)) {
            case "integer" -> schema.getInteger("minimum", 3);
            case "number" -> schema.getDouble("minimum", 21.5);
            case "boolean" -> true;
            case "null" -> null;
            case "array" -> {
                var items = new JsonArray();
                if (schema.getValue("items") instanceof JsonObject item && depth < DEEPEST) {
                    items.add(value(name, item, depth + 1));
                }
                yield items;
            }
            case "object" -> properties(schema, depth);
            default -> word(name, schema.getString("format", ""));
        };
    }

    private static String word(String name, String format) {
        return switch (format.isEmpty() ? name : format) {
            case "date" -> "2026-01-15";
            case "date-time", "time", "timestamp" -> "2026-01-15T09:30:00Z";
            case "email" -> "ada@example.com";
            case "uri", "url" -> "https://example.com/";
            case "uuid" -> "8f14e45f-ceea-467f-a9d2-1b3a4c5d6e7f";
            case "city", "location", "place" -> "Paris";
            case "country" -> "France";
            case "language" -> "en";
            case "currency" -> "EUR";
            case "unit", "units" -> "celsius";
            case "query", "q" -> "weather in Paris";
            default -> "example " + name;
        };
    }
}
