package com.alltkn.gateway;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.CompositeArchRule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Holds the packages to the order in which a request meets them.
@AnalyzeClasses(packages = "com.alltkn.gateway", importOptions = DoNotIncludeTests.class)
class PackageTableTest {

    private static final String ROOT = "com.alltkn.gateway";

    /// The root by itself, without the packages in it.
    static final String PROCESS = "";

    /// Each package and those of ours that it may import.
    static final Map<String, List<String>> TABLE = table();

    /// The rooms of `exchange`, from the ground up, and those below that each may import. The
    /// package itself, which puts them together, stands above all of them.
    private static final Map<String, List<String>> ROOMS_OF_EXCHANGE = rooms();

    @ArchTest
    static final ArchRule ROOMS_IMPORT_ONLY_WHAT_STANDS_BELOW_THEM =
            CompositeArchRule.of(
                    ROOMS_OF_EXCHANGE.entrySet().stream()
                            .map(row -> importsOnlyRooms(row.getKey(), row.getValue()))
                            .toList());

    @ArchTest
    static final ArchRule PACKAGES_IMPORT_ONLY_WHAT_THE_TABLE_ALLOWS =
            CompositeArchRule.of(
                    TABLE.entrySet().stream()
                            .map(row -> importsOnly(row.getKey(), row.getValue()))
                            .toList());

    @ArchTest
    static final ArchRule NO_PACKAGE_IS_PART_OF_A_CIRCLE =
            slices().matching(ROOT + ".(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule ONLY_API_SEES_JAKARTA_REST_SERVERS =
            noClasses()
                    .that(not(resideInAnyPackage(in("api"), in("upstream"))))
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("jakarta.ws.rs..");

    @ArchTest
    static final ArchRule ONLY_HEALTH_SEES_SMALLRYE_HEALTH =
            noClasses()
                    .that(not(resideInAPackage(in("health"))))
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(
                            "org.eclipse.microprofile.health..", "io.smallrye.health..");

    @ArchTest
    static final ArchRule ONLY_TELEMETRY_SEES_MICROMETER_AND_OPENTELEMETRY =
            noClasses()
                    .that(not(resideInAPackage(in("telemetry"))))
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage("io.micrometer..", "io.opentelemetry..");

    @ArchTest
    static final ArchRule ONLY_REDIS_SEES_REDIS =
            noClasses()
                    .that(not(resideInAPackage(in("redis"))))
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage("io.vertx.redis..", "io.quarkus.redis..");

    @ArchTest
    static void everyPackageHasARow(JavaClasses classes) {
        assertThat(classes.stream().map(one -> room(one.getPackageName())).distinct())
                .containsExactlyInAnyOrderElementsOf(TABLE.keySet());
    }

    /// @return the first word below the root
    private static String room(String packageName) {
        return packageName.equals(ROOT)
                ? PROCESS
                : packageName.substring(ROOT.length() + 1).split("\\.", 2)[0];
    }

    private static Map<String, List<String>> table() {
        var table = new LinkedHashMap<String, List<String>>();
        table.put("check", List.of());
        table.put("management", List.of());
        table.put("time", List.of());
        table.put("secret", List.of("check"));
        table.put("watch", List.of());
        table.put("openai", List.of());
        table.put("error", List.of());
        table.put("redis", List.of("check"));
        table.put("connection", List.of());
        table.put("caller", List.of("check", "secret", "watch", "error"));
        table.put("quota", List.of("caller", "openai", "error", "redis"));
        table.put("rollout", List.of("check", "secret", "watch", "error"));
        table.put("upstream", List.of("check", "secret", "openai", "error", "rollout"));
        allAbove(table, "exchange");
        allAbove(table, "event");
        allAbove(table, "health");
        allAbove(table, "telemetry");
        table.put("api", List.of("connection", "exchange", "caller", "health", "openai", "error"));
        table.put("sandbox", List.of());
        table.put(
                "startup",
                List.of("check", "secret", "redis", "caller", "rollout", "upstream", "telemetry"));
        table.put(PROCESS, List.of("startup", "exchange", "health"));
        return table;
    }

    private static Map<String, List<String>> rooms() {
        var rooms = new LinkedHashMap<String, List<String>>();
        rooms.put("exchange.step", List.of());
        rooms.put("exchange.request", List.of("exchange.step"));
        rooms.put("exchange.answer", List.of("exchange.step", "exchange.request"));
        rooms.put(
                "exchange.attempt",
                List.of("exchange.step", "exchange.request", "exchange.answer"));
        return rooms;
    }

    private static ArchRule importsOnlyRooms(String name, List<String> allowed) {
        var others =
                Stream.concat(
                                Stream.of(ROOT + ".exchange"),
                                ROOMS_OF_EXCHANGE.keySet().stream()
                                        .filter(other ->
                                                !other.equals(name) && !allowed.contains(other))
                                        .map(PackageTableTest::in))
                        .toArray(String[]::new);
        return importsNone(name, others);
    }

    private static void allAbove(Map<String, List<String>> table, String name) {
        table.put(name, new ArrayList<>(table.keySet()));
    }

    private static ArchRule importsOnly(String name, List<String> allowed) {
        var others =
                TABLE.keySet().stream()
                        .filter(other -> !other.equals(name) && !allowed.contains(other))
                        .map(PackageTableTest::in)
                        .toArray(String[]::new);
        return importsNone(name, others);
    }

    private static ArchRule importsNone(String name, String... others) {
        return noClasses()
                .that(resideInAPackage(in(name)))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(others)
                .allowEmptyShould(false);
    }

    private static String in(String name) {
        return name.equals(PROCESS) ? ROOT : ROOT + "." + name + "..";
    }
}
