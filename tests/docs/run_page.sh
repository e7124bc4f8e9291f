#!/bin/sh
# Checks the relative links of one page and runs its ```sh blocks, one after the other, in a
# scratch copy of a fresh clone. run_page.sh SOURCE PAGE TREE SCRATCH: PAGE is relative to SOURCE,
# TREE is the build folder.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
export EF_SOURCE="$1" EF_TREE="$3" EF_STAND_INS="$here/stand_ins"
page=$2
scratch=$4

rm -rf "$scratch"
mkdir -p "$scratch/blocks"
folder=$(dirname "$EF_SOURCE/$page")
awk -f "$here/links.awk" "$EF_SOURCE/$page" >"$scratch/links"
while read -r target line; do
  [ -e "$folder/$target" ] || {
    echo "$page:$line: this link leads nowhere: $target"
    exit 1
  }
done <"$scratch/links"

"$EF_STAND_INS/git" clone error_forcing "$scratch/clone"
awk -v language=sh -v page="$page" -v prefix="$scratch/blocks/block" -f "$here/blocks.awk" \
  "$EF_SOURCE/$page" >"$scratch/list"

PATH=$EF_STAND_INS:$PATH
cd "$scratch/clone"
while read -r block line; do
  sh -ex "$block" >"$scratch/output" 2>&1 </dev/null || {
    echo "$page:$line: this block fails with status $?:"
    cat "$scratch/output"
    exit 1
  }
done <"$scratch/list"
