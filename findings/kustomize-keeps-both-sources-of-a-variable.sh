#!/usr/bin/env bash
# kustomize 5.8.1 (Go module sigs.k8s.io/kustomize/kustomize/v5) and kubernetes-validate 1.37.0 (PyPI): an overlay
# that gives a container's variable a literal value.
#
# Expected: a patch with {name: LIMIT, value: "9"} replaces the base's LIMIT, which came from a ConfigMap.
# Seen: lists of variables are merged by name and the fields of each one are merged, too: the result has value
# and valueFrom, which Kubernetes allows only one of. `kustomize build` ends with 0, and a strict check against
# the schema of Kubernetes passes, since that says so only in a description ("Cannot be used if value is not empty"). With valueFrom: null beside it the patch does what
# it says. And {name: OLD, value: null} does not remove a variable: it leaves OLD set to nothing;
# {name: OLD, $patch: delete} removes it.
# Why it matters: an overlay that such checks let through is one that the API server has to refuse, at the moment of
# the roll-out, and a setting that was "removed" is still there, empty.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

GOBIN="$work/bin" GOMODCACHE="$work/modules" GOFLAGS=-modcacherw \
  go install sigs.k8s.io/kustomize/kustomize/v5@v5.8.1 2> go.log || { cat go.log; exit 1; }
python3 -m venv venv
venv/bin/pip -q --disable-pip-version-check install kubernetes-validate==1.37.0

cat > base.yaml <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: gateway
spec:
  selector: {matchLabels: {app: gateway}}
  template:
    metadata: {labels: {app: gateway}}
    spec:
      containers:
        - name: gateway
          image: gateway:1
          env:
            - {name: OLD, value: "1"}
            - {name: LIMIT, valueFrom: {configMapKeyRef: {name: limits, key: limit}}}
YAML

# build LINE…: the base with a patch of these variables
build() {
  {
    printf '%s\n' 'resources: [base.yaml]' 'patches:' '  - patch: |-' '      apiVersion: apps/v1' '      kind: Deployment' \
      '      metadata: {name: gateway}' '      spec:' '        template:' '          spec:' '            containers:' \
      '              - name: gateway' '                env:'
    printf '                  - %s\n' "$@"
  } > kustomization.yaml
  bin/kustomize build .
}
# variables FILE: its variables in one line of JSON
variables() {
  venv/bin/python -c 'import json, sys, yaml
print(json.dumps(yaml.safe_load(open(sys.argv[1]))["spec"]["template"]["spec"]["containers"][0]["env"], sort_keys=True))' "$1"
}

build '{name: LIMIT, value: "9"}' '{name: OLD, value: null}' > merged.yaml
build '{name: LIMIT, value: "9", valueFrom: null}' '{name: OLD, $patch: delete}' > meant.yaml
venv/bin/kubernetes-validate --strict merged.yaml > validation 2>&1 || { cat validation; echo "changed: the check refuses it"; exit 1; }
grep -rqs 'Cannot be used if value is not empty' venv/lib/python*/site-packages/kubernetes_validate ||
  { echo "changed: the schema has no such description"; exit 1; }
merged=$(variables merged.yaml)
meant=$(variables meant.yaml)
echo "seen: built and valid by schema: $merged; with valueFrom: null and \$patch: delete: $meant"
if [[ $merged != '[{"name": "LIMIT", "value": "9", "valueFrom": {"configMapKeyRef": {"key": "limit", "name": "limits"}}}, {"name": "OLD"}]' ||
  $meant != '[{"name": "LIMIT", "value": "9"}]' ]]; then
  echo "changed: expected value and valueFrom together and OLD without a value, then LIMIT alone"
  exit 1
fi
