#!/usr/bin/env bash
# What action.yml runs. Its inputs are in KVITTO_ACTION_*; they are anybody's text, and so is what a scan prints.
set -euo pipefail
pipelines=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

refuse() {
  # A line break would end the annotation, and begin a command of the runner.
  printf '::error title=Kvitto::%s\n' "${1//[$'\r\n']/ }"
  exit 2
}
one_line() {
  case "$2" in *[$'\r\n']*) refuse "the input $1 has more than one line" ;; esac
}
is_true() {
  case "$2" in
    true) return 0 ;;
    false) return 1 ;;
    *) refuse "the input $1 is neither 'true' nor 'false'" ;;
  esac
}

case "$KVITTO_ACTION_FAIL" in gate | fail | never) ;; *) refuse "the input fail is none of gate, fail, never" ;; esac
[ -n "$KVITTO_ACTION_TARGET" ] || refuse 'the input target is empty'
one_line sarif "$KVITTO_ACTION_SARIF"
one_line json "$KVITTO_ACTION_JSON"

options=("--format=$KVITTO_ACTION_FORMAT" --quiet)
# Bash 3.2, which macOS has, takes an empty list for one that is not set.
network=()
if is_true offline "$KVITTO_ACTION_OFFLINE"; then options+=(--offline); fi
if is_true allow-incomplete "$KVITTO_ACTION_ALLOW_INCOMPLETE"; then options+=(--allow-incomplete); fi
if [ -n "$KVITTO_ACTION_FEEDS" ]; then network+=("--feeds=$KVITTO_ACTION_FEEDS"); fi
if [ -n "$KVITTO_ACTION_POLICY" ]; then options+=("--policy=$KVITTO_ACTION_POLICY"); fi
if [ -n "$KVITTO_ACTION_PLATFORM" ]; then options+=("--platform=$KVITTO_ACTION_PLATFORM"); fi
if [ -n "$KVITTO_ACTION_BASELINE" ]; then options+=("--baseline=$KVITTO_ACTION_BASELINE"); fi
if [ -n "$KVITTO_ACTION_MAX_DB_AGE" ]; then options+=("--max-db-age=$KVITTO_ACTION_MAX_DB_AGE"); fi
if [ -n "$KVITTO_ACTION_LEDGER" ]; then options+=(--record "--ledger=$KVITTO_ACTION_LEDGER"); fi
if [ -n "$KVITTO_ACTION_SARIF" ]; then options+=("--output=sarif=$KVITTO_ACTION_SARIF"); fi
if [ -n "$KVITTO_ACTION_JSON" ]; then options+=("--output=json=$KVITTO_ACTION_JSON"); fi
while IFS= read -r line; do
  line=${line%$'\r'}
  if [ -n "$line" ]; then options+=("--output=$line"); fi
done <<<"$KVITTO_ACTION_OUTPUT"
summary=''
if is_true summary "$KVITTO_ACTION_SUMMARY"; then
  summary=$(mktemp "${RUNNER_TEMP:-/tmp}/kvitto-summary.XXXXXXXX")
  options+=("--output=markdown=$summary")
fi

# The names in an image are its maker's, and a line that begins with two colons is a command to the runner: between these
# two lines it takes none. Nobody can guess the word that ends it.
word=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
printf '::stop-commands::%s\n' "$word"
code=0
gated=false
if [ -n "$KVITTO_ACTION_ECOSYSTEMS" ]; then
  "$pipelines/from-checkout.sh" db update --quiet ${network[@]+"${network[@]}"} "--ecosystems=$KVITTO_ACTION_ECOSYSTEMS" 2>&1 || code=$?
fi
if [ "$code" -eq 0 ]; then
  gated=true
  "$pipelines/from-checkout.sh" gate "${options[@]}" ${network[@]+"${network[@]}"} -- "$KVITTO_ACTION_TARGET" 2>&1 || code=$?
fi
printf '\n::%s::\n' "$word"

case "$gated:$code" in true:0) verdict=pass ;; true:1) verdict=fail ;; true:3) verdict=cannot-say ;; *) verdict='' ;; esac
digest=''
if [ -n "$verdict" ] && [ -n "$KVITTO_ACTION_JSON" ]; then
  digest=$(node -p 'JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")).artifact.digest' -- "$KVITTO_ACTION_JSON")
  [[ "$digest" =~ ^sha256:[0-9a-f]{64}$ ]] || digest=''
fi
sarif=''
if [ -n "$verdict" ]; then sarif=$KVITTO_ACTION_SARIF; fi
printf '%s=%s\n' verdict "$verdict" exit-code "$code" digest "$digest" sarif "$sarif" >>"$GITHUB_OUTPUT"
if [ -n "$summary" ]; then
  # More than 1 MiB is refused as a whole.
  if [ -n "$verdict" ]; then head -c 1000000 -- "$summary" >>"$GITHUB_STEP_SUMMARY"; fi
  rm -f -- "$summary"
fi

case "$verdict:$KVITTO_ACTION_FAIL" in
  :* | pass:*) exit "$code" ;;
  fail:never | cannot-say:never | cannot-say:fail)
    printf '::warning title=Kvitto::The verdict is "%s"; the input fail lets it pass.\n' "$verdict"
    ;;
  *)
    printf '::error title=Kvitto::The verdict is "%s".\n' "$verdict"
    exit "$code"
    ;;
esac
