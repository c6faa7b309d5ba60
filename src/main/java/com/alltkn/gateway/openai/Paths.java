package com.alltkn.gateway.openai;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.alltkn.gateway.openai.PathMatch.Found;
import com.alltkn.gateway.openai.PathMatch.MethodNotAllowed;
import com.alltkn.gateway.openai.PathMatch.Unknown;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The table from paths to operations. Fixed paths are looked up whole; of the others only the
/// object's name varies, and it is checked before anything is found.
final class Paths {
    private static final Unknown UNKNOWN = new Unknown();

    /// Most characters of a path. Model names have below 100, ids below 80.
    private static final int MAX_PATH = 1024;

    /// Routes by label, with a slash in front as paths have it: those that are whole paths, and
    /// those that name an object.
    private static final Map<String, Route> FIXED = routes(false);

    private static final Map<String, Route> WITH_OBJECT = routes(true);

    private static final String CHAT = "/chat/completions";
    private static final String MODEL = "/models/";

    private Paths() {}

    static PathMatch match(String method, String rawPath) {
        var fixed = FIXED.get(rawPath);
        if (fixed != null) {
            return fixed.match(method);
        }
        var route = withObject(rawPath);
        return route == null ? UNKNOWN : route.match(method);
    }

    private static @Nullable Route withObject(String path) {
        if (path.length() > MAX_PATH) {
            return null;
        }
        if (path.startsWith(MODEL)) {
            // A model's name may hold slashes, as they are or as %2F.
            var isName = isObjectName(path, MODEL.length(), path.length(), true);
            return isName ? WITH_OBJECT.get("/models/{id}") : null;
        }
        var collectionEnd = path.startsWith(CHAT + "/") ? CHAT.length() : path.indexOf('/', 1);
        if (collectionEnd > 0 && path.startsWith("/audio/")) {
            collectionEnd = path.indexOf('/', "/audio/".length());
        }
        if (collectionEnd <= 0) {
            return null;
        }
        var nameEnd = path.indexOf('/', collectionEnd + 1);
        var end = nameEnd < 0 ? path.length() : nameEnd;
        if (!isObjectName(path, collectionEnd + 1, end, false)) {
            return null;
        }
        return WITH_OBJECT.get(path.substring(0, collectionEnd) + "/{id}" + path.substring(end));
    }

    /// Whether every server understands this name as one name: visible ASCII, decoded once at most,
    /// no dot segments. A percent sign in the decoded name is refused, for it would hide a second
    /// encoding.
    private static boolean isObjectName(String path, int from, int to, boolean maySlash) {
        var decoded = new byte[to - from];
        var length = 0;
        var segmentStart = 0;
        for (var i = from; i < to; i++) {
            int c = path.charAt(i);
            if (c <= ' ' || c >= 0x7F || c == '?' || c == '#') {
                return false;
            }
            if (c == '%') {
                c = i + 2 < to ? decoded(path.charAt(i + 1), path.charAt(i + 2)) : -1;
                i += 2;
            }
            if (c < ' ' || c == 0x7F || c == '%' || c == '\\' || c == ';') {
                return false;
            }
            if (c == '/' && !maySlash) {
                return false;
            }
            if (c == '/') {
                if (!isSegment(decoded, segmentStart, length)) {
                    return false;
                }
                segmentStart = length + 1;
            }
            decoded[length++] = (byte) c;
        }
        return isSegment(decoded, segmentStart, length) && isUtf8(decoded, length);
    }

    private static boolean isSegment(byte[] decoded, int from, int to) {
        var segment = new String(decoded, from, to - from, ISO_8859_1);
        return !segment.isEmpty() && !segment.equals(".") && !segment.equals("..");
    }

    private static boolean isUtf8(byte[] bytes, int length) {
        var i = 0;
        while (i >= 0 && i < length) {
            i = bytes[i] >= 0 ? i + 1 : Utf8.sequencesEnd(bytes, i, length);
        }
        return i >= 0;
    }

    private static int decoded(char high, char low) {
        var digits = (Character.digit(high, 16) << 4) | Character.digit(low, 16);
        return high < 0x7F && low < 0x7F ? digits : -1;
    }

    private static Map<String, Route> routes(boolean withObject) {
        var byLabel = new TreeMap<String, Map<String, Found>>();
        for (var endpoint : Endpoint.values()) {
            if (endpoint.label().contains("{id}") == withObject) {
                byLabel.computeIfAbsent("/" + endpoint.label(), label -> new HashMap<>())
                        .put(endpoint.method(), new Found(endpoint));
            }
        }
        var routes = new HashMap<String, Route>();
        byLabel.forEach((path, methods) -> routes.put(path, new Route(methods)));
        return Map.copyOf(routes);
    }

    /// The operations of one path.
    private static final class Route {
        private final Map<String, Found> byMethod;
        private final MethodNotAllowed otherwise;

        Route(Map<String, Found> byMethod) {
            this.byMethod = Map.copyOf(byMethod);
            var allowed = Collections.unmodifiableSortedSet(new TreeSet<>(byMethod.keySet()));
            this.otherwise = new MethodNotAllowed(allowed);
        }

        PathMatch match(String method) {
            var found = byMethod.get(method);
            return found == null ? otherwise : found;
        }
    }
}
