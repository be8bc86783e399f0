# For rings in bash, which set `work` to a folder of their own: a line a check, and the counts for their closing line.
passed=0
failed=0

id_of() { # the id in the table that a client has printed in the last check
  sed -nE 's/^\| id +\| ([0-9a-f-]{36}) +\|$/\1/p' "$work/out"
}

check() { # check "sentence" command...: with how long it took, where that is long
  local sentence=$1 began=$SECONDS code
  shift
  "$@" >"$work/out" 2>"$work/err"
  code=$?
  [ $((SECONDS - began)) -lt 5 ] || sentence="$sentence ($((SECONDS - began)) s)"
  if [ "$code" -eq 0 ]; then
    passed=$((passed + 1))
    echo "ok   $sentence"
  else
    failed=$((failed + 1))
    echo "FAIL $sentence"
    sed 's/^/     /' "$work/out" "$work/err" | tail -n 20
  fi
}
