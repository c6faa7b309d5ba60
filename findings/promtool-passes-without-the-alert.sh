#!/usr/bin/env bash
# promtool 2.42.0 (Debian's prometheus 2.42.0+ds-5+deb12u1): rule tests that expect an alert not to fire.
#
# Expected: a test that names an alert which no rule has, or a rule file that is not there, fails.
# Seen: `promtool test rules` says SUCCESS and ends with 0 for both, as long as the test expects no alert. The
# same file with the right name fails, for that alert does fire. A rule file that is missing is a warning,
# although it was named without any wildcard.
# Why it matters: "does not fire here" is half of each alert's cases. A renamed alert or a moved file turns them
# all green for good; each alert needs a case in which it fires, or a check that the names exist.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

mkdir -p lists/partial cache/archives/partial
apt() { apt-get -qq -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root "$@"; }
apt update
apt download prometheus=2.42.0+ds-5+deb12u1
dpkg -x prometheus_*.deb unpacked
promtool=unpacked/usr/bin/promtool

cat > rules.yaml <<'YAML'
groups:
  - name: gateway
    rules:
      - alert: GatewayErrors
        expr: rate(errors_total[5m]) > 1
YAML

# result NAME RULES ALERT: what the test makes of ALERT not firing while the counter rises by 10 a second
result() {
  cat > "$1.test.yaml" <<YAML
rule_files: [$2]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {series: 'errors_total', values: '0+600x20'}
    alert_rule_test:
      - {eval_time: 15m, alertname: $3, exp_alerts: []}
YAML
  if "$promtool" test rules "$1.test.yaml" > "$1.log" 2>&1; then echo success; else echo failure; fi
}

right=$(result right rules.yaml GatewayErrors)
misspelt=$(result misspelt rules.yaml GatewayErorrs)
moved=$(result moved moved.yaml GatewayErrors)
echo "seen: $("$promtool" --version 2>&1 | head -n 1 | cut -d' ' -f1-3): the alert that fires: $right," \
  "a misspelt name: $misspelt, a missing rule file: $moved ($(grep -o 'WARNING.*' moved.log))"
if [[ $right/$misspelt/$moved != failure/success/success ]]; then
  echo "changed: expected failure/success/success"
  exit 1
fi
