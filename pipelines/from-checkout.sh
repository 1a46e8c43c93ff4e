#!/usr/bin/env bash
# Runs Kvitto from this checkout: from-checkout.sh gate dir:. For what brings a checkout of its own: the action, pre-commit.
# The first run installs what package-lock.json pins by digest; scripts of dependencies never run. Needs npm, and Node 24
# or what brings it (Linux).
set -euo pipefail
tool=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)

# npm writes this file last: without it, an install was never finished.
if [ ! -e "$tool/node_modules/.package-lock.json" ]; then
  omit=(--omit=dev)
  major=$(node -p 'process.versions.node.split(".")[0]')
  # Node itself is among the optional dependencies, for machines whose own is older.
  if [ "$major" -ge 24 ]; then omit+=(--omit=optional); fi
  (cd "$tool" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error --no-progress "${omit[@]}") >&2
fi

PATH="$tool/node_modules/.bin:$PATH" exec node "$tool/bin/kvitto.js" "$@"
