#!/bin/sh
# Prints the alert rules as a PrometheusRule, for clusters with the Prometheus Operator:
#   deploy/observability/prometheus-rule.sh | kubectl apply -n monitoring -f -
set -eu
cat <<'EOF'
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: alltkn-gateway
  labels:
    app.kubernetes.io/name: alltkn-gateway
spec:
EOF
sed 's/^./  &/' "$(dirname "$0")/alerts.yaml"
