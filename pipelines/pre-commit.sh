#!/usr/bin/env bash
# Hook for pre-commit: gates what is about to be committed, not what lies around in the folder. Opens no connection.
# Further words are options of `kvitto gate`. The policy is the kvitto.yaml that is about to be committed, if there is one.
set -euo pipefail
pipelines=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

staged=$(mktemp -d "${TMPDIR:-/tmp}/kvitto-staged.XXXXXXXX")
trap 'rm -rf -- "$staged"' EXIT
git checkout-index --all --force --prefix="$staged/"
# Git tells its hooks where its index is; nothing below may write to it.
unset GIT_INDEX_FILE GIT_DIR GIT_WORK_TREE
cd -- "$staged"
"$pipelines/from-checkout.sh" gate --offline --quiet "$@" -- dir:.
