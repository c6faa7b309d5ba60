package com.alltkn.gateway.caller;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Reads the callers file, YAML:
///
/// ```yaml
/// callers:
///   - id: billing
///     api-keys: ["sha256:<64 hex digits>"]
///     subjects: ["system:serviceaccount:shop:billing"]
///     stored-objects: false
///     fallback: true
///     models: ["deepseek-*"]
///     limits: {requests-per-minute: 600, tokens-per-minute: 200000, concurrent: 50}
///     budget: {daily-tokens: 5000000}
/// defaults:
///   limits: {requests-per-minute: 60}
/// ```
///
/// A caller has keys, subjects of tokens, or both. Two keys at a time let it rotate its own. A file
/// that is wrong anywhere is refused as a whole, with a sentence that names the place.
public final class CallersFile {

    private static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");
    private static final Pattern HASH = Pattern.compile("sha256:[0-9a-fA-F]{64}");
    private static final Set<String> FIELDS =
            Stream.concat(Stream.of("id", "api-keys", "subjects"), CallerPolicy.FIELDS.stream())
                    .collect(Collectors.toUnmodifiableSet());
    private static final int MOST_KEYS = 2;

    // OpenID Connect Core 1.0, section 2: a subject has no more than 255 ASCII characters.
    private static final Pattern SUBJECT = Pattern.compile("[!-~]{1,255}");
    private static final int MOST_SUBJECTS = 100;

    /// A field name that can be repeated in a message. Anything else may be a key that was written
    /// where a name belongs.
    private static final Pattern PLAIN_NAME = Pattern.compile("[a-zA-Z_-]{1,32}");

    /// Found in a file where the key was missing as its hash was made; whoever sends nothing would
    /// be that caller.
    private static final String HASH_OF_NOTHING = HexFormat.of().formatHex(Callers.sha256(""));

    private static final ObjectMapper YAML =
            new ObjectMapper(
                            YAMLFactory.builder()
                                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                                    .build())
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private CallersFile() {}

    /// Reads callers.
    ///
    /// @param yaml the file's content
    /// @return the callers in it, at least one
    /// @throws InvalidCallersException if anything in it is wrong
    public static Callers read(byte[] yaml) {
        var root = parse(yaml);
        var defaults = root.path("defaults");
        checkFields(defaults, CallerPolicy.FIELDS, "defaults");
        // Wrong defaults are told as such, and not as the first caller's.
        new CallerPolicy(defaults, MissingNode.getInstance(), "defaults").of("defaults");
        var list = root.path("callers");
        if (!list.isArray() || list.isEmpty()) {
            throw new InvalidCallersException("callers: must be a list with at least one caller");
        }
        var ids = new HashSet<String>();
        var byKeyHash = new HashMap<String, Caller>();
        var bySubject = new HashMap<String, Caller>();
        for (int i = 0; i < list.size(); i++) {
            var place = "callers[" + i + "]";
            var caller = caller(list.get(i), defaults, place);
            if (!ids.add(caller.id())) {
                throw new InvalidCallersException(place + ".id: " + caller.id() + " is used twice");
            }
            var subjects = list.get(i).path("subjects");
            if (!subjects.isMissingNode()) {
                addSubjects(subjects, place + ".subjects", caller, bySubject);
            }
            var keys = list.get(i).path("api-keys");
            if (!keys.isMissingNode() || subjects.isMissingNode()) {
                addKeys(keys, place + ".api-keys", caller, byKeyHash);
            }
        }
        return Callers.of(byKeyHash, bySubject);
    }

    private static JsonNode parse(byte[] yaml) {
        JsonNode root;
        try {
            root = YAML.readTree(yaml);
        } catch (JacksonException e) {
            var place = e.getLocation();
            throw new InvalidCallersException(
                    "not one YAML document" + (place == null ? "" : ": line " + place.getLineNr()));
        } catch (IOException e) {
            throw new IllegalStateException("bytes in memory cannot fail to be read", e);
        }
        checkFields(root, Set.of("callers", "defaults"), "");
        return root;
    }

    private static Caller caller(JsonNode node, JsonNode defaults, String place) {
        if (!node.isObject()) {
            throw new InvalidCallersException(place + ": must have fields");
        }
        checkFields(node, FIELDS, place);
        var id = node.path("id");
        if (id.isNull() || !ID.matcher(id.asText()).matches()) {
            throw new InvalidCallersException(place + ".id: must be " + ID.pattern());
        }
        return new CallerPolicy(node, defaults, place).of(id.asText());
    }

    static void checkFields(JsonNode node, Set<String> known, String place) {
        node.fieldNames()
                .forEachRemaining(name -> {
                    if (!known.contains(name)) {
                        throw new InvalidCallersException(
                                PLAIN_NAME.matcher(name).matches()
                                        ? (place.isEmpty() ? "" : place + ".")
                                                + name
                                                + ": not a known field"
                                        : (place.isEmpty() ? "the file" : place)
                                                + ": has a field that is not known");
                    }
                });
    }

    private static void addKeys(
            JsonNode keys, String place, Caller caller, Map<String, Caller> byKeyHash) {
        if (!keys.isArray() || keys.isEmpty() || keys.size() > MOST_KEYS) {
            throw new InvalidCallersException(place + ": must be a list of one or two hashes");
        }
        for (int i = 0; i < keys.size(); i++) {
            var hash = keys.get(i).asText();
            // The value is not repeated: who wrote a key in place of its hash must not find it in a
            // log.
            if (!HASH.matcher(hash).matches()) {
                throw new InvalidCallersException(
                        place + "[" + i + "]: must be sha256: and 64 hex digits");
            }
            var digits = hash.substring("sha256:".length()).toLowerCase(Locale.ROOT);
            if (digits.equals(HASH_OF_NOTHING)) {
                throw new InvalidCallersException(
                        place + "[" + i + "]: is the hash of an empty key");
            }
            if (byKeyHash.put(digits, caller) != null) {
                throw new InvalidCallersException(place + "[" + i + "]: is used twice");
            }
        }
    }

    private static void addSubjects(
            JsonNode subjects, String place, Caller caller, Map<String, Caller> bySubject) {
        if (!subjects.isArray() || subjects.isEmpty() || subjects.size() > MOST_SUBJECTS) {
            throw new InvalidCallersException(
                    place + ": must be a list of 1 to " + MOST_SUBJECTS + " subjects");
        }
        for (int i = 0; i < subjects.size(); i++) {
            var subject = subjects.get(i);
            if (!subject.isTextual() || !SUBJECT.matcher(subject.asText()).matches()) {
                throw new InvalidCallersException(
                        place + "[" + i + "]: must be text of 1 to 255 visible characters");
            }
            if (bySubject.put(subject.asText(), caller) != null) {
                throw new InvalidCallersException(place + "[" + i + "]: is used twice");
            }
        }
    }
}
