#!/bin/sh
# The documentation runner accepts a good page and names the line of what is wrong in a bad one.
# runner_test.sh SOURCE SCRATCH
set -eu
here=$(cd "$(dirname "$0")" && pwd)
scratch=$2
rm -rf "$scratch"
mkdir -p "$scratch/source/docs" "$scratch/source/cmake" "$scratch/source/.ci" "$scratch/tree/release"
cp "$1/ef" "$1/CMakePresets.json" "$scratch/source"
cp "$1/.ci/run" "$scratch/source/.ci"
cp "$1/cmake/debian-packages.txt" "$scratch/source/cmake"
# shellcheck disable=SC2016  # expanded when it runs
printf '#!/bin/sh\necho "$@"; [ "$1" != verify ]\n' >"$scratch/tree/release/ef"
chmod +x "$scratch/tree/release/ef"

run() { # leaves status and the output in a file
  status=0
  sh "$here/run_page.sh" "$scratch/source" docs/page.md "$scratch/tree/release" "$scratch/run" \
    >"$scratch/output" 2>&1 || status=$?
}

broken() {
  echo "documentation runner: $1"
  cat "$scratch/output"
  exit 1
}

accept() { # page on stdin
  cat >"$scratch/source/docs/page.md"
  run
  [ "$status" = 0 ] || broken "a good page is refused"
}

refuse() { # MENTION, page on stdin
  cat >"$scratch/source/docs/page.md"
  run
  [ "$status" != 0 ] || broken "a page with an error is accepted, want $1"
  grep -q "$1" "$scratch/output" || broken "want '$1'"
}

accept <<'END'
See [here](page.md), [there](https://example.org) and [above](#top).

```text
[nowhere](absent.md) not run
```

```sh
git clone https://example.org/somebody/error_forcing.git
cd error_forcing
./ef train --out run
```

```sh
./ef --help
sudo apt-get install g++
cmake --preset release
cmake --build build/release
.ci/run test
```
END

refuse 'docs/page.md:3: this block fails' <<'END'
A block that fails in its first command.

```sh
./ef verify
./ef train
```
END
refuse 'docs/page.md:5: this block fails' <<'END'
```sh
./ef train
```

```sh
cat absent.txt
```
END
refuse 'docs/page.md:1: this block fails' <<'END'
```sh
./ef test -R no_such_test
```
END
refuse 'magic is not in' <<'END'
```sh
apt-get install magic
```
END
refuse 'no preset magic' <<'END'
```sh
cmake --preset magic
```
END
refuse 'no leg magic' <<'END'
```sh
.ci/run magic
```
END
refuse 'only git clone' <<'END'
```sh
git push
```
END
refuse "docs/page.md:3: unknown language 'bash'" <<'END'
Nobody runs this.

```bash
./ef train
```
END
refuse 'docs/page.md:2: this fence is never closed' <<'END'
x
```sh
./ef train
END
refuse 'docs/page.md:2: this link leads nowhere: absent.md' <<'END'
x
See [there](absent.md#part).
END
