#!/usr/bin/env bash
# Runs the README's commands as they are pasted, against a gateway in dev: one that is up already,
# else one that this script starts and stops. A fenced block runs if the line before it says so:
#
#   <!-- run: curl -->      also python, node and java
#
# Each must succeed and print an answer. Needs python3, node with npm and curl; the OpenAI SDKs come
# from their registries, the Java one as the version of pom.xml.
#
#   src/test/readme/run-snippets.sh [README.md]
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
readme=$(realpath "${1:-$root/README.md}")
ready=${GATEWAY_READY_URL:-http://127.0.0.1:9000/q/health/ready}
work=$(mktemp -d)
gateway=

finish() {
  if [ -n "$gateway" ]; then
    kill "$gateway" 2>/dev/null || true
    wait "$gateway" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

is_ready() { curl -sf -o /dev/null --max-time 2 "$ready"; }

start_gateway() {
  (cd "$root" && exec ./mvnw -B -ntp quarkus:dev -Dquick -Ddebug=false \
    -Dquarkus.analytics.disabled=true) >"$work/gateway.log" 2>&1 </dev/null &
  gateway=$!
  local deadline=$((SECONDS + 300))
  until is_ready; do
    if ! kill -0 "$gateway" 2>/dev/null || [ "$SECONDS" -ge "$deadline" ]; then
      echo "the gateway did not become ready at $ready; the end of its log:" >&2
      tail -n 40 "$work/gateway.log" >&2
      exit 1
    fi
    sleep 1
  done
}

# Writes each marked block to NN.kind, and prints the names in order.
extract() {
  python3 - "$readme" "$work" <<'PYTHON'
import pathlib, re, sys

readme, work = sys.argv[1:]
text = pathlib.Path(readme).read_text(encoding="utf-8")
block = re.compile(
    r"^<!-- run: (\S+) -->\n\s*^(`{3,})[^\n]*\n(.*?)^\2\s*$", re.MULTILINE | re.DOTALL
)
found = list(block.finditer(text))
if len(found) != len(re.findall(r"^<!-- run:", text, re.MULTILINE)):
    sys.exit(f"{readme}: a 'run:' comment is not followed by a fenced block")
if not found:
    sys.exit(f"{readme}: no block is marked with <!-- run: … -->")
for number, match in enumerate(found, start=1):
    kind, code = match.group(1), match.group(3)
    if kind not in ("curl", "python", "node", "java"):
        sys.exit(f"{readme}: no way to run a block of kind '{kind}'")
    name = f"{number:02}.{kind}"
    pathlib.Path(work, name).write_text(code, encoding="utf-8")
    print(name)
PYTHON
}

install_python() {
  [ -d "$work/venv" ] || {
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install -q openai
  }
}

install_node() {
  [ -d "$work/npm" ] || {
    mkdir "$work/npm"
    (cd "$work/npm" && npm install --silent --no-audit --no-fund --prefix . openai >/dev/null)
  }
}

install_java() {
  [ -f "$work/classpath" ] || (cd "$root" && ./mvnw -B -ntp -q dependency:build-classpath -Dquick \
    -Dmdep.includeScope=test -Dmdep.outputFile="$work/classpath")
}

run() { # file: prints what the snippet prints
  case $1 in
    *.curl) bash -eu "$work/$1" ;;
    *.python)
      install_python
      "$work/venv/bin/python" "$work/$1"
      ;;
    *.node)
      install_node
      cp "$work/$1" "$work/npm/snippet.mjs"
      (cd "$work/npm" && node snippet.mjs)
      ;;
    *.java)
      install_java
      cp "$work/$1" "$work/Snippet.java"
      (
        JAVA_HOME=${JAVA_HOME:-}
        . "$root/.mvn/jdk.sh"
        "$JAVA_HOME/bin/java" -cp "$(cat "$work/classpath")" "$work/Snippet.java"
      )
      ;;
  esac
}

snippets=$(extract)
is_ready || start_gateway
failed=0
for snippet in $snippets; do
  echo "--- $snippet"
  if ! run "$snippet" >"$work/out" 2>"$work/err"; then
    echo "failed:" >&2
    cat "$work/out" "$work/err" >&2
    failed=1
  elif ! grep -q '[^[:space:]]' "$work/out"; then
    echo "printed nothing" >&2
    failed=1
  elif grep -q '"error" *: *{' "$work/out"; then
    echo "answered with an error:" >&2
    cat "$work/out" >&2
    failed=1
  else
    cat "$work/out"
    echo
  fi
done
exit "$failed"
