#!/bin/sh
# ./ef bench accuracy: table, files and refusals. accuracy_test.sh PROGRAM SCRATCH
set -eu
program=$1
scratch=$2
rm -rf "$scratch"
mkdir -p "$scratch"

accuracy() { # leaves status, $scratch/out and $scratch/err
  status=0
  "$program" "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
}

broken() {
  echo "accuracy: $1; status $status"
  cat "$scratch/out" "$scratch/err"
  exit 1
}

accuracy --gains 0 1 --out "$scratch/figures"
[ "$status" = 0 ] || broken "want status 0"
csv=$scratch/figures/accuracy.csv
grep -q "</svg>" "$scratch/figures/accuracy.svg" || broken "want a whole figure"
[ "$(wc -l <"$csv")" = 20 ] || broken "want a head, three rules without and eight at two gains"
# Without forcing every rule is BPTT, but for those that drop a part of the Jacobian; with it none
# is, and none points the other way.
awk -F, 'NR > 1 && ($2 == "" || $2 == 0) {
  exact = $1 !~ /rflo|snap1/ ? 1 : 0
  if (exact != ($4 >= 0.99999)) exit 1
}' "$csv" || broken "want cosine 1 at gain 0 where credit is exact, and nowhere else"
awk -F, '$2 == 1 && !($3 > 0 && $3 < 0.99) { exit 1 }' "$csv" || broken "want a cosine in (0, 1)"

refused() { # MENTION, ARGUMENTS
  mention=$1
  shift
  accuracy "$@"
  [ "$status" = 2 ] || broken "want status 2"
  [ ! -s "$scratch/out" ] || broken "want silence on stdout"
  [ "$(grep -c . "$scratch/err")" = 1 ] || broken "want one line"
  grep -q "$mention" "$scratch/err" || broken "want '$mention' in the refusal"
}
refused "gain: want a value in" --gains 2
refused "bogus" --bogus
refused "absent" --gains 1 --out "$program/absent"
