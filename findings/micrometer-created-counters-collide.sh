#!/usr/bin/env bash
# io.micrometer:micrometer-registry-prometheus 1.16.3 with Prometheus' Java client 1.4.3 (Maven): counters
# whose names differ by a last word.
#
# Expected: the counters "keys" and "keys.created" are two series, or the second is refused as one with other
# labels is.
# Seen: both are exported as keys_total, since .created, .info, .total and .bucket are cut off as reserved;
# the one that was registered last hides the other. No exception, no line in the log; both counters go on
# counting and answer with their own values in the process.
# Why it matters: after 1 key and 10 created ones the page says keys_total 10, and adding a meter for one thing
# changes the history and the alerts of another.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>seen</groupId>
  <artifactId>seen</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.micrometer</groupId>
      <artifactId>micrometer-registry-prometheus</artifactId>
      <version>1.16.3</version>
    </dependency>
  </dependencies>
</project>
XML
mvn -q -B -Dmaven.repo.local="$work/repository" \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory="$work/jars" > mvn.log 2>&1 \
  || { cat mvn.log; exit 1; }

cat > Seen.java <<'JAVA'
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;

class Seen {
    public static void main(String[] arguments) {
        for (var end : List.of("created", "info", "total", "bucket", "rotated")) {
            var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            var first = registry.counter("keys");
            var second = registry.counter("keys." + end);
            first.increment(1);
            second.increment(10);
            var series = registry.scrape().lines().filter(line -> !line.startsWith("#")).sorted().toList();
            System.out.printf("%s: in the process %.0f and %.0f, exported %s%n", end, first.count(), second.count(), series);
        }
    }
}
JAVA
java -cp 'jars/*' Seen.java > seen 2> log

cat > expected <<'TEXT'
created: in the process 1 and 10, exported [keys_total 10.0]
info: in the process 1 and 10, exported [keys_total 10.0]
total: in the process 1 and 10, exported [keys_total 10.0]
bucket: in the process 1 and 10, exported [keys_total 10.0]
rotated: in the process 1 and 10, exported [keys_rotated_total 10.0, keys_total 1.0]
TEXT
if ! diff expected seen || grep -iv slf4j log; then
  echo "changed: what two counters become (< as stated, > as seen), or the log warns"
  exit 1
fi
echo "seen: $(sed 's/^/keys and keys./' seen | paste -sd';' | sed 's/;/; /g'); nothing logged"
