# For rings in bash, which set `work` to a folder of their own: a line a check, and the counts for their closing line.
passed=0
failed=0

check() { # check "sentence" command...
  local sentence=$1
  shift
  if "$@" >"$work/out" 2>"$work/err"; then
    passed=$((passed + 1))
    echo "ok   $sentence"
  else
    failed=$((failed + 1))
    echo "FAIL $sentence"
    sed 's/^/     /' "$work/out" "$work/err" | tail -n 20
  fi
}
