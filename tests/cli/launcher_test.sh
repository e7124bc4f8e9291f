#!/bin/sh
# The launcher ./ef with stand-ins for the package manager, cmake and ctest: what it installs,
# builds, runs and says. launcher_test.sh SOURCE SCRATCH
set -eu
source=$1
export SCRATCH="$2/launcher"
bin=$SCRATCH/bin
clone=$SCRATCH/clone

# --- a clone and a world that the launcher may touch -------------------------------------------

stand_in() { # NAME, script on stdin
  # shellcheck disable=SC2016  # expanded when the stand-in runs
  { printf '#!/bin/sh\necho "%s $*" >>"$SCRATCH/calls"\n' "$1"; cat; } >"$bin/$1"
  chmod +x "$bin/$1"
}

fresh_world() {
  rm -rf "$SCRATCH"
  mkdir -p "$bin" "$clone/cmake" "$SCRATCH/elsewhere"
  cp "$source/ef" "$source/CMakePresets.json" "$clone"
  printf '# a comment\ng++  # compiler\ncmake\nlibfmt-dev\n' >"$clone/cmake/debian-packages.txt"
  printf 'cmake\nlibpeer-dev  # a peer\n' >"$clone/cmake/debian-packages-peers.txt"
  for tool in sh cat chmod dirname env find flock getconf head mkdir readlink rm sed tail touch; do
    ln -s "$(command -v "$tool")" "$bin/$tool"
  done
  stand_in dpkg-query <<'END'
for p in g++ $(cat "$SCRATCH/installed" 2>/dev/null); do printf 'installed:%s ' "$p"; done
printf 'not-installed:removed-long-ago '
[ -e "$SCRATCH/installed" ] || { echo "no packages found matching cmake" >&2; exit 1; }
END
  stand_in apt-get <<'END'
[ "$1" != install ] || echo "cmake libfmt-dev" >"$SCRATCH/installed"
END
  stand_in sudo <<'END'
[ -e "$SCRATCH/sudoer" ] && [ "$1" = -n ] && shift && exec "$@"
END
  stand_in true </dev/null
  stand_in id <<'END'
cat "$SCRATCH/uid"
END
  stand_in ctest <<'END'
exit 5
END
  stand_in cmake <<'END'
[ "$1" = --build ] || exit 0
if [ -e "$SCRATCH/broken" ]; then
  printf '[1/2] Building a\nFAILED: b\nb.cpp:1: error: boom\n'
  exit 1
fi
[ -e "$2/ef" ] && { echo "ninja: no work to do."; exit; }
printf '[0/2] Re-checking\n[1/2] Building a\n[2/2] Linking ef\n'
mkdir -p "$2/benchmarks/peers" "$2/benchmarks/accuracy" "$2/benchmarks/compare"
for program in "$2/ef" "$2/benchmarks/error_forcing_benchmarks" \
  "$2/benchmarks/peers/error_forcing_peers" "$2/benchmarks/accuracy/error_forcing_accuracy" \
  "$2/benchmarks/compare/error_forcing_compare"; do
  printf '#!/bin/sh\necho "ran in $PWD with"\nprintf "<%%s>" "$@"\nexit 7\n' >"$program"
  chmod +x "$program"
done
END
  echo 1000 >"$SCRATCH/uid"
  : >"$SCRATCH/calls"
}

all_installed() { echo "cmake libfmt-dev" >"$SCRATCH/installed"; }

# --- running and judging ------------------------------------------------------------------------

ef() { # leaves status, $SCRATCH/out and $SCRATCH/err
  status=0
  (cd "$SCRATCH/elsewhere" && PATH=$bin CI=${ci:-} ../clone/ef "$@") \
    >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null || status=$?
}

broken() {
  echo "launcher: $1"
  echo "status: $status"
  for part in out err calls; do sed "s/^/$part: /" "$SCRATCH/$part"; done
  exit 1
}

expect_status() { [ "$status" = "$1" ] || broken "want status $1"; }
expect() { grep -qe "$2" "$SCRATCH/$1" || broken "want '$2' in $1"; }
refuse() { ! grep -qe "$2" "$SCRATCH/$1" || broken "do not want '$2' in $1"; }

# --- help needs nothing ------------------------------------------------------------------------

fresh_world
for arguments in "" help --help -h; do
  # shellcheck disable=SC2086  # none or one
  ef $arguments
  expect_status 0
  for command in verify gradient study train test bench; do expect out "\./ef $command "; done
done
if [ -s "$SCRATCH/calls" ] || [ -e "$clone/build" ]; then broken "help touches something"; fi

for command in verfy geometry; do
  ef "$command"
  expect_status 2
  expect err "^ef: unknown command $command; "
  [ "$(grep -c . "$SCRATCH/err")" = 1 ] || broken "want one line"
done
if [ -s "$SCRATCH/calls" ] || [ -e "$clone/build" ]; then broken "a slip touches something"; fi

# --- packages ----------------------------------------------------------------------------------

ef verify # neither root nor sudo
expect_status 2
expect err "^ef: .* apt-get install --no-install-recommends cmake libfmt-dev$"
[ "$(grep -c . "$SCRATCH/err")" = 1 ] || broken "want one line"
refuse calls "^cmake"

touch "$SCRATCH/sudoer"
ef verify
expect_status 7
expect calls "^sudo -n apt-get update"
expect calls "^apt-get install --no-install-recommends cmake libfmt-dev -y"

fresh_world
echo 0 >"$SCRATCH/uid"
ef verify # as root
expect_status 7
expect calls "^apt-get install --no-install-recommends cmake libfmt-dev -y"
refuse calls "^sudo"

: >"$SCRATCH/calls"
ef verify # everything is there now
refuse calls "^apt-get"

fresh_world
echo 0 >"$SCRATCH/uid"
all_installed
ef setup clang-format
expect_status 0
expect calls "^apt-get install --no-install-recommends clang-format -y"
refuse calls "^cmake --build"

fresh_world
rm "$bin/dpkg-query"
ef verify # not Debian
expect_status 7
refuse calls "^apt-get"

# --- building and running ----------------------------------------------------------------------

fresh_world
all_installed
ef train --out "a folder" ''
expect_status 7
expect out "^ran in $SCRATCH/elsewhere with$"
expect out "^<train><--out><a folder><>$"
expect err "building in 2 steps"
expect calls "^cmake -S $clone --preset release"
expect calls "^cmake --build .*--target error_forcing_program"

: >"$SCRATCH/calls"
ef --version # an option of the program
expect out "^<--version>$"
ef train
expect_status 7
[ ! -s "$SCRATCH/err" ] || broken "want silence when everything is up to date"
refuse calls "^cmake -S"

touch -d "1 hour" "$clone/CMakePresets.json"
ef train
expect calls "^cmake -S $clone --preset release"
touch -d "1 hour ago" "$clone/CMakePresets.json"

ci=true
ef train
expect calls "^cmake -S $clone --preset ci"
ci=
: >"$SCRATCH/calls"
ef train
expect calls "^cmake -S $clone --preset release"

ef test -R name
expect_status 5
expect calls "^cmake --build .*--target error_forcing_tests"
expect calls "^ctest --test-dir $clone/build/release .*-R name$"

ef bench peers --benchmark_filter=x
expect_status 7
expect out "^<--benchmark_filter=x>$"
expect err "^ef: peers are skipped, .* \./ef setup libpeer-dev$"
refuse calls "^apt-get install .*libpeer-dev"
expect calls "^cmake --build .*--target error_forcing_peers$"
echo "cmake libfmt-dev libpeer-dev" >"$SCRATCH/installed"
: >"$SCRATCH/calls"
ef bench peers
refuse err "skipped"
expect calls "^cmake -S" # finds what was installed since

ef bench --json
expect_status 7
expect out "^<--json>$" # the program's own option
expect calls "^cmake --build .*--target error_forcing_benchmarks$"
for program in accuracy compare; do
  ef bench $program old new
  expect_status 7
  expect out "^<old><new>$"
  expect calls "^cmake --build .*--target error_forcing_$program$"
  refuse err "skipped"
done

touch "$SCRATCH/broken"
ef train
expect_status 2
expect err "error: boom"
expect err "^ef: .*build.log"
[ ! -s "$SCRATCH/out" ] || broken "the program ran although the build failed"
rm "$SCRATCH/broken"

rm -r "$clone/build"
touch "$clone/build"
ef verify
expect_status 2
expect err "^ef: cannot write to"
[ "$(grep -c . "$SCRATCH/err")" = 1 ] || broken "want one line"
