#!/bin/sh
# ./ef bench compare on two small reports: verdicts, noise and refusals.
# compare_test.sh PROGRAM SOURCE SCRATCH
set -eu
program=$1
source=$2
scratch=$3
rm -rf "$scratch"
mkdir -p "$scratch"

compare() { # leaves status, $scratch/out and $scratch/err
  status=0
  "$program" "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
}

broken() {
  echo "compare: $1; status $status"
  cat "$scratch/out" "$scratch/err"
  exit 1
}

expect_status() { [ "$status" = "$1" ] || broken "want status $1"; }
expect() { grep -qe "$1" "$scratch/out" || broken "want '$1'"; }
refuse() { ! grep -qe "$1" "$scratch/out" || broken "do not want '$1'"; }

expect_refusal() {
  expect_status 2
  [ ! -s "$scratch/out" ] || broken "want silence on stdout"
  [ "$(grep -c . "$scratch/err")" = 1 ] || broken "want one line"
  grep -qe "$1" "$scratch/err" || broken "want '$1' in the refusal"
}

# --- verdicts ------------------------------------------------------------------------------------

compare "$source/before.json" "$source/after.json"
expect_status 1
expect " -11.4%    10.0%  REGRESSED  share         slower$"
expect "  -4.3%     3.0%  REGRESSED  share         quiet$"       # whatever the number of turns
expect " -21.4%    46.8%             share         noisy$"       # by its repetitions
expect "  -8.6%    10.0%             share         unrepeated_within_noise$"
expect " +25.0%    10.0%  improved   peer_to_ours  peer$"
expect "  +0.0%    10.0%             share         steady/N:50$" # 64 cores or 2
expect "^withheld in NEW, its result is wrong: broken$"
expect "^only in OLD: gone share$"
expect "^3 regressed beyond noise$"
refuse no_ratio

compare "$source/before.json" "$source/before.json"
expect_status 0
refuse "REGRESSED\|improved\|withheld\|only in"

# --- refusals ------------------------------------------------------------------------------------

compare "$source/before.json"
expect_refusal "OLD.json NEW.json"
compare "$scratch/absent.json" "$source/after.json"
expect_refusal "absent.json: cannot be read"

refused_content() { # CONTENT, MENTION
  printf '%s' "$1" >"$scratch/bad.json"
  compare "$source/before.json" "$scratch/bad.json"
  expect_refusal "bad.json: .*$2"
}
refused_content '' "no JSON report"
refused_content '{"benchmarks": [' "no JSON report"
refused_content '[]' "no JSON report"
refused_content '{"benchmarks": 3}' "no JSON report"
refused_content '{"benchmarks": [3]}' "malformed"
refused_content '{"benchmarks": [{"name": "a", "share": "fast"}]}' "malformed"
refused_content '{"benchmarks": [{"name": "a", "share": 0}]}' "share of a: want a positive number"
refused_content '{"benchmarks": [{"name": "a", "run_type": "aggregate", "share": 1}]}' "aggregates_only"

printf '{"benchmarks": [{"name": "other", "share": 1}]}' >"$scratch/other.json"
compare "$source/before.json" "$scratch/other.json"
expect_refusal "no ratio in common"
