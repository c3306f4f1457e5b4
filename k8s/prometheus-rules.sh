#!/usr/bin/env bash
# Prints observability/prometheus' rules and alerts as PrometheusRule objects for the Prometheus Operator: k8s/prometheus-rules.sh | kubectl apply -f -
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../observability/prometheus"
for name in rules alerts; do
    printf -- '---\napiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: stress-%s\n  namespace: stress\nspec:\n' "$name"
    sed 's/^/  /' "$name.yml"
done
