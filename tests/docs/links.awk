# The relative links of a page, "TARGET LINE", outside fenced blocks.
/^ *```/ { inside = !inside; next }
inside { next }
{
  rest = $0
  while (match(rest, /\]\([^)]*\)/)) {
    target = substr(rest, RSTART + 2, RLENGTH - 3)
    rest = substr(rest, RSTART + RLENGTH)
    sub(/#.*/, "", target)
    if (target != "" && target !~ /^(https?|mailto):/) print target, NR
  }
}
