#!/bin/sh
# Sets Vault or OpenBao up for the gateway: the KV engine, one policy for the pods and one for the
# operators of each environment, and the pods' logins. What is already as it should be is left
# alone; what differs is set right and named. Nothing is ever removed, and no secret is printed.
#
# usage: setup.sh [option value]...
#
#   --environments "test staging prod"    every environment that this Vault serves
#   --mount alltkn                        path of the KV engine, version 2
#   --logins approle                      of: approle kubernetes (quoted, for both), or none
#   --login-environments "..."            those that log in here; default: all
#   --kubernetes-namespace NAME           where the pods run; {environment} stands for its name
#   --kubernetes-service-account NAME     default alltkn-gateway; {environment} as above
#   --kubernetes-audience NAME            the audience that the pods' tokens are made for
#   --kubernetes-host URL                 the cluster's API, at the first set-up
#   --kubernetes-ca FILE                  its authority, PEM; default: that of Vault's own pod
#   --kubernetes-reviewer-token-file FILE token that may review others; default: Vault's own
#   --kubernetes-replace-reviewer-token   write it even where there is one (takes no value)
#   --kubernetes-path kubernetes          path of the login; one for each cluster
#
# `vault` or `bao` is taken from PATH, or VAULT_CLI names one; address and token are its own
# (VAULT_ADDR, VAULT_TOKEN, ...). The token must be allowed to manage the mount, its policies and
# the logins. Ends with 0 if all is as it should be, 1 if Vault refused, 2 if it was asked wrongly.
set -eu
set -f
unset VAULT_FORMAT BAO_FORMAT
# So that a-z means those letters, and Vault's words are the ones that are looked for.
LC_ALL=C
export LC_ALL

# Short, so that a leaked token is soon worth nothing; long against the 30 s between two reads, so
# that renewals cost Vault little.
token_ttl=1200
token_max_ttl=86400

environments='test staging prod'
mount=alltkn
logins=approle
login_environments=
namespace=
account=alltkn-gateway
audience=
host=
ca=
reviewer=
replace_reviewer=false
kubernetes=kubernetes

changes=0
case $0 in
  */*) here=${0%/*} ;;
  *) here=. ;;
esac

asked_wrongly() {
  echo "setup.sh: $1" >&2
  exit 2
}

refused() {
  echo "setup.sh: $1" >&2
  if [ -n "${2-}" ]; then
    printf '%s\n' "$2" | sed '/^$/d; s/^/  /' >&2
  fi
  exit 1
}

changed() {
  changes=$((changes + 1))
  echo "$1"
}

# Input

read_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help)
        sed -n '2,/^set -eu/{ /^set -eu/d; s/^# \{0,1\}//; p; }' "$0"
        exit 0
        ;;
      --kubernetes-replace-reviewer-token)
        replace_reviewer=true
        shift
        continue
        ;;
      --*) ;;
      *) asked_wrongly "what is \"$1\"? Options begin with --, and lists are quoted; see --help" ;;
    esac
    case ${2-} in
      '' | --*) asked_wrongly "$1 needs a value" ;;
    esac
    case $1 in
      --environments) environments=$2 ;;
      --mount) mount=$2 ;;
      --logins) logins=$2 ;;
      --login-environments) login_environments=$2 ;;
      --kubernetes-namespace) namespace=$2 ;;
      --kubernetes-service-account) account=$2 ;;
      --kubernetes-audience) audience=$2 ;;
      --kubernetes-host) host=$2 ;;
      --kubernetes-ca) ca=$2 ;;
      --kubernetes-reviewer-token-file) reviewer=$2 ;;
      --kubernetes-path) kubernetes=$2 ;;
      *) asked_wrongly "there is no option $1; see --help" ;;
    esac
    shift 2
  done
}

check_input() {
  is_word "$mount" || asked_wrongly "--mount: \"$mount\" is not one segment of a-z, 0-9, - and _"
  is_word "$kubernetes" ||
    asked_wrongly "--kubernetes-path: \"$kubernetes\" is not one segment of a-z, 0-9, - and _"
  [ -n "$(echo $environments)" ] || asked_wrongly '--environments names none'
  for environment in $environments; do
    case $environment in
      *[!a-z0-9-]*)
        asked_wrongly "an environment's name is of a-z, 0-9 and -, \"$environment\" is not"
        ;;
      registry)
        asked_wrongly "no environment can be called registry: the key registry has that path"
        ;;
    esac
  done
  : "${login_environments:=$environments}"
  for environment in $login_environments; do
    contains "$environments" "$environment" ||
      asked_wrongly "--login-environments names $environment, --environments does not"
  done
  for login in $logins; do
    case $login in
      approle) ;;
      kubernetes) check_kubernetes_input ;;
      none) [ "$logins" = none ] || asked_wrongly '--logins: none stands alone' ;;
      *) asked_wrongly "there is no login $login; --logins takes approle, kubernetes or none" ;;
    esac
  done
}

check_kubernetes_input() {
  [ -n "$audience" ] ||
    asked_wrongly '--kubernetes-audience is missing: without it a token that was made for any other service logs in'
  [ -n "$namespace" ] || asked_wrongly '--kubernetes-namespace is missing: where do the pods run?'
  case $audience in
    *[!A-Za-z0-9_./:-]*) asked_wrongly "--kubernetes-audience: \"$audience\" is not one audience" ;;
  esac
  identities=
  for environment in $login_environments; do
    fill "$namespace" && its_namespace=$filled
    fill "$account" && its_account=$filled
    is_word "$its_namespace" ||
      asked_wrongly "--kubernetes-namespace: \"$its_namespace\" is not one namespace (no list, no *)"
    is_word "$its_account" ||
      asked_wrongly "--kubernetes-service-account: \"$its_account\" is not one account (no list, no *)"
    if contains "$identities" "$its_namespace:$its_account"; then
      asked_wrongly "$its_namespace/$its_account would be the account of two environments, and a pod of one could log in as the other: put {environment} into the namespace or the account, or name one of them in --login-environments"
    fi
    identities="$identities $its_namespace:$its_account"
  done
  for file in "$ca" "$reviewer"; do
    if [ -n "$file" ] && [ ! -r "$file" ]; then
      asked_wrongly "cannot read the file $file"
    fi
  done
}

# Whether $1 is one name of the kind that mounts, namespaces and accounts have.
is_word() {
  case $1 in
    '' | *[!a-z0-9_-]*) return 1 ;;
  esac
}

# Whether the list $1 has the item $2.
contains() {
  case " $(echo $1) " in
    *" $2 "*) ;;
    *) return 1 ;;
  esac
}

# Puts the environment's name into $1.
fill() {
  filled=$1
  case $filled in
    *'{environment}'*) filled=${filled%%'{environment}'*}$environment${filled#*'{environment}'} ;;
  esac
}

# Vault

find_cli() {
  cli=${VAULT_CLI-}
  if [ -z "$cli" ]; then
    cli=$(command -v vault || command -v bao) ||
      asked_wrongly 'neither vault nor bao is on PATH; VAULT_CLI may name one'
  fi
  command -v "$cli" > /dev/null || asked_wrongly "VAULT_CLI names $cli, which cannot be run"
  name=${cli##*/}
}

# Runs the CLI for a change; its words go on only if it fails.
write() {
  doing=$1
  shift
  words=$("$cli" "$@" 2>&1 < /dev/null) || refused "$doing failed:" "$words"
}

# Sets `found` to what is at a path, as JSON without white space, or to nothing.
look() {
  found=$("$cli" read -format=json "$1" 2>&1 < /dev/null) || {
    case $found in
      'No value found at '*) found= ;;
      *) refused "reading $1 failed:" "$found" ;;
    esac
  }
  found=$(printf '%s' "$found" | tr -d ' \n')
}

# Whether `found` has the member $1 with the value $2, as JSON without white space.
has() {
  case $found in
    *"\"$1\":$2,"* | *"\"$1\":$2}"*) ;;
    *) return 1 ;;
  esac
}

# Sets `entry` to the line of a mount in a table of them, or to nothing.
entry_of() {
  entry=$(printf '%s\n' "$1" | awk -v path="$2/" '$1 == path')
}

set_up_engine() {
  table=$("$cli" secrets list -detailed 2>&1 < /dev/null) ||
    refused "cannot list the secret engines (address, token, sealed?):" "$table"
  entry_of "$table" "$mount"
  case $entry in
    '')
      write "enabling the KV engine" secrets enable -path="$mount" -version=2 \
        -description='settings and keys of alltkn-gateway' kv
      wait_for_engine
      changed "engine   $mount/: created (KV, version 2)"
      ;;
    *' kv '*'map[version:2]'*) echo "engine   $mount/: unchanged" ;;
    *) refused "$mount/ is there, but is no KV engine of version 2: choose another path with --mount" ;;
  esac
}

# A fresh engine refuses writes for a moment.
wait_for_engine() {
  tries=0
  until words=$("$cli" read "$mount/config" 2>&1 < /dev/null); do
    tries=$((tries + 1))
    [ "$tries" -lt 20 ] || refused "the KV engine does not get ready:" "$words"
    sleep 1
  done
}

set_up_policy() {
  role=$1
  policy=$mount-$role-$environment
  rules=$(rules_of "$here/policies/$role.hcl")
  was=$("$cli" policy read "$policy" 2>&1 < /dev/null) || {
    case $was in
      'No policy named'*) was= ;;
      *) refused "reading the policy $policy failed:" "$was" ;;
    esac
  }
  if [ "$was" = "$rules" ]; then
    echo "policy   $policy: unchanged"
    return
  fi
  words=$(printf '%s\n' "$rules" | "$cli" policy write "$policy" - 2>&1) ||
    refused "writing the policy $policy failed:" "$words"
  changed "policy   $policy: $(created_or_changed "$was")"
}

rules_of() {
  awk -v mount="$mount" -v environment="$environment" -v environments="$environments" '
    /^#/ { print; next }
    {
      gsub(/[{]mount[}]/, mount)
      gsub(/[{]environment[}]/, environment)
      if ($0 !~ /[{]other[}]/) { print; next }
      count = split(environments, all, " ")
      for (i = 1; i <= count; i++) {
        if (all[i] == environment) continue
        line = $0
        gsub(/[{]other[}]/, all[i], line)
        print line
      }
    }' "$1"
}

created_or_changed() {
  if [ -z "$1" ]; then echo created; else echo changed; fi
}

set_up_login() {
  path=$1
  type=$2
  table=$("$cli" auth list 2>&1 < /dev/null) || refused "cannot list the logins:" "$table"
  entry_of "$table" "$path"
  case $entry in
    '')
      write "enabling the login $type" auth enable -path="$path" "$type"
      changed "login    $path/: created"
      ;;
    "$path/ "*" $type "*) echo "login    $path/: unchanged" ;;
    *) refused "the login $path/ is there, but is not of the type $type" ;;
  esac
}

# The same for every login: exactly one policy, short tokens that can be renewed.
has_token_settings() {
  has token_policies "[\"$1\"]" && has token_ttl "$token_ttl" &&
    has token_max_ttl "$token_max_ttl" && has token_no_default_policy true &&
    has token_period 0 && has token_num_uses 0
}

set_up_role() {
  where=$1
  shift
  write "writing $where" write "$where" "token_policies=${where##*/}" "token_ttl=$token_ttl" \
    "token_max_ttl=$token_max_ttl" token_no_default_policy=true token_period=0 token_num_uses=0 \
    "$@"
  changed "role     $where: $(created_or_changed "$found")"
}

set_up_approle() {
  set_up_login approle approle
  for environment in $login_environments; do
    where=auth/approle/role/$mount-pod-$environment
    look "$where"
    if has_token_settings "${where##*/}" && has bind_secret_id true; then
      echo "role     $where: unchanged"
    else
      set_up_role "$where" bind_secret_id=true
    fi
  done
}

set_up_kubernetes() {
  set_up_login "$kubernetes" kubernetes
  set_up_cluster
  for environment in $login_environments; do
    fill "$namespace" && its_namespace=$filled
    fill "$account" && its_account=$filled
    where=auth/$kubernetes/role/$mount-pod-$environment
    look "$where"
    if has_token_settings "${where##*/}" && has audience "\"$audience\"" &&
      has bound_service_account_names "[\"$its_account\"]" &&
      has bound_service_account_namespaces "[\"$its_namespace\"]" && has_no_selector; then
      echo "role     $where: unchanged"
    else
      set_up_role "$where" "audience=$audience" "bound_service_account_names=$its_account" \
        "bound_service_account_namespaces=$its_namespace" bound_service_account_namespace_selector=
    fi
  done
}

# A selector would let further namespaces in; old servers know none.
has_no_selector() {
  case $found in
    *'"bound_service_account_namespace_selector":"",'*) ;;
    *'"bound_service_account_namespace_selector":'*) return 1 ;;
  esac
}

set_up_cluster() {
  where=auth/$kubernetes/config
  look "$where"
  if [ -z "$found" ] && [ -z "$host" ]; then
    asked_wrongly '--kubernetes-host is missing: where is the API of the cluster? (From inside it: https://kubernetes.default.svc)'
  fi
  authority=
  if [ -n "$ca" ]; then
    authority=$(awk '{ printf "%s\\n", $0 }' "$ca" | tr -d ' ')
  fi
  right=true
  [ -n "$found" ] || right=false
  [ -z "$host" ] || has kubernetes_host "\"$host\"" || right=false
  [ -z "$ca" ] || has kubernetes_ca_cert "\"$authority\"" || has kubernetes_ca_cert "\"${authority%??}\"" || right=false
  if [ -n "$reviewer" ]; then
    has token_reviewer_jwt_set true && [ "$replace_reviewer" = false ] || right=false
  fi
  if [ "$right" = true ]; then
    echo "cluster  $where: unchanged"
    return
  fi
  # A write replaces all of it, and what is not named is lost.
  if [ -n "$found" ]; then
    if [ -z "$reviewer" ] && ! has token_reviewer_jwt_set false; then
      refused "$where differs, and a change would drop its reviewer token: give that again with --kubernetes-reviewer-token-file"
    fi
    if [ -z "$ca" ] && ! has kubernetes_ca_cert '""'; then
      refused "$where differs, and a change would drop its authority: give that again with --kubernetes-ca"
    fi
    if [ -z "$host" ]; then
      refused "$where differs, and a change would drop its address: give that again with --kubernetes-host"
    fi
  fi
  write "writing $where" write "$where" "kubernetes_host=$host" \
    ${ca:+"kubernetes_ca_cert=@$ca"} ${reviewer:+"token_reviewer_jwt=@$reviewer"}
  changed "cluster  $where: $(created_or_changed "$found")"
}

say_what_is_next() {
  echo
  if [ "$changes" -eq 0 ]; then
    echo 'Nothing had to be changed.'
  else
    echo "Changed: $changes."
  fi
  echo 'Next, for each environment (here: E):'
  echo "- bind the policy $mount-operator-E to the login of those who rotate its key;"
  echo "- write its first version as one of them:"
  echo "  printf %s \"\$key\" | $name kv put -mount=$mount E ALLTKN_API_KEY=-"
  for login in $logins; do
    case $login in
      approle)
        echo '- AppRole: for QUARKUS_VAULT_AUTHENTICATION_APP_ROLE_ROLE_ID'
        echo "  $name read -field=role_id auth/approle/role/$mount-pod-E/role-id"
        echo '  and for ..._SECRET_ID a token that is good once, for 10 minutes, and to be unwrapped where'
        echo "  the secret id is kept ($name unwrap -field=secret_id):"
        echo "  $name write -f -wrap-ttl=10m -field=wrapping_token auth/approle/role/$mount-pod-E/secret-id"
        ;;
      kubernetes)
        echo "- Kubernetes: run the pods under the account that is bound above, mount a token of the"
        echo "  audience $audience, and set QUARKUS_VAULT_AUTHENTICATION_KUBERNETES_ROLE=$mount-pod-E"
        ;;
    esac
  done
}

read_options "$@"
check_input
find_cli
set_up_engine
for environment in $environments; do
  set_up_policy pod
  set_up_policy operator
done
for login in $logins; do
  case $login in
    approle) set_up_approle ;;
    kubernetes) set_up_kubernetes ;;
  esac
done
say_what_is_next
