# Cuts the fenced blocks of one language out of a page.
# awk -v language=sh -v page=docs/x.md -v prefix=FOLDER/NAME -f blocks.awk FILE
# writes prefix_1.sh, prefix_2.sh, ... and prints a line "FILE LINE" for each. A C++ block begins
# with a #line directive, so that the compiler's messages point into the page. Fails on a fence
# that is never closed, and on a language that nobody decided to run or not to run.
BEGIN { run["sh"]; run["cpp"]; keep["text"]; keep["cmake"]; keep["json"]; keep["bibtex"] }

/^ *```/ && !inside {
  inside = NR
  found = $0
  sub(/^ *```/, "", found)
  sub(/ *$/, "", found)
  if (!(found in run) && !(found in keep)) stop(NR, "unknown language '" found "'")
  if (found == language) open_block()
  next
}

/^ *``` *$/ {
  inside = 0
  if (file != "") close(file)
  file = ""
  next
}

file != "" { print > file }

END { if (inside && !stopped) stop(inside, "this fence is never closed") }

function open_block() {
  file = prefix "_" (++count) "." language
  if (language == "cpp") print "#line " NR + 1 " \"" page "\"" > file
  else printf "" > file
  print file, NR
}

function stop(line, complaint) {
  print page ":" line ": " complaint > "/dev/stderr"
  stopped = 1
  exit 1
}
