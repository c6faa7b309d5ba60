package com.alltkn.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Holds the page beside the code to the code.
class ArchitecturePageTest {

    private static final Path PAGE = Path.of("src/main/java/com/alltkn/gateway/README.md");
    private static final Pattern ROW = Pattern.compile("\\| (`([a-z]+)`|the root).*\\|([^|]*)\\|");
    private static final Pattern NAME = Pattern.compile("`(\\w+)`");
    private static final Pattern CLASS = Pattern.compile("`((?:[a-z]+\\.)+[A-Z]\\w+)[`.(]");
    private static final Pattern LINK = Pattern.compile("]\\((?!http)([^)#]+)[^)]*\\)");

    @Test
    void hasEachRoomWithThoseThatItMayUse() throws IOException {
        var rooms = new LinkedHashMap<String, List<String>>();
        for (var line : Files.readAllLines(PAGE)) {
            var row = ROW.matcher(line);
            if (row.matches()) {
                var uses =
                        row.group(3).strip().equals("all above")
                                ? List.copyOf(rooms.keySet())
                                : names(row.group(3));
                rooms.put(row.group(2) == null ? PackageTableTest.PROCESS : row.group(2), uses);
            }
        }

        assertThat(List.copyOf(rooms.keySet()))
                .isEqualTo(List.copyOf(PackageTableTest.TABLE.keySet()));
        assertThat(sorted(rooms)).isEqualTo(sorted(PackageTableTest.TABLE));
    }

    @Test
    void namesClassesThatThereAre() throws IOException {
        var named = CLASS.matcher(Files.readString(PAGE)).results().map(one -> one.group(1));

        assertThat(named.toList())
                .hasSizeGreaterThan(5)
                .allSatisfy(name ->
                        assertThat(PAGE.resolveSibling(name.replace('.', '/') + ".java")).exists());
    }

    @Test
    void linksToWhatIsThere() throws IOException {
        var links = LINK.matcher(Files.readString(PAGE)).results().map(one -> one.group(1));

        assertThat(links.toList())
                .isNotEmpty()
                .allSatisfy(link -> assertThat(PAGE.resolveSibling(link).normalize()).exists());
    }

    private static List<String> names(String cell) {
        var names = new ArrayList<String>();
        NAME.matcher(cell).results().forEach(one -> names.add(one.group(1)));
        return names;
    }

    private static Map<String, TreeSet<String>> sorted(Map<String, List<String>> table) {
        var sorted = new LinkedHashMap<String, TreeSet<String>>();
        table.forEach((room, uses) -> sorted.put(room, new TreeSet<>(uses)));
        return sorted;
    }
}
