#!/usr/bin/env bash
# Clients of other languages, made by well-kept generators of the document as a running service serves it: each is
# compiled, and does the main job by its generated methods. Needs python3-venv, curl and go 1.25 or newer. Prints a line a
# check and the counts at the end.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/test/generated-clients
work=$(mktemp -d "${TMPDIR:-/tmp}/glimpse-generated.XXXXXX")
port=${PORT:-19292}
service=http://127.0.0.1:$port
data=$work/data
# shellcheck source=test/support/check.sh
. "$top/test/support/check.sh"
# shellcheck source=test/support/processes.sh
. "$top/test/support/processes.sh"

finish() {
  end "${server:-}"
  rm -rf "$work"
  echo "generated: $passed passed, $failed failed, 0 skipped"
  [ "$failed" -eq 0 ]
}
trap 'finish; exit $?' EXIT

job() { # job NAME COMMAND...: a program that prints a line a check, and is given the service and the password
  local name=$1
  shift
  "$@" "$service" "$password" >"$work/job" 2>"$work/job.err"
  local code=$?
  cat "$work/job"
  passed=$((passed + $(grep -c '^ok ' "$work/job")))
  failed=$((failed + $(grep -c '^FAIL ' "$work/job")))
  if [ "$code" -ne 0 ] && ! grep -q '^FAIL ' "$work/job"; then
    failed=$((failed + 1))
    echo "FAIL $name: the main job ends"
    sed 's/^/     /' "$work/job.err" | tail -n 20
  fi
}

documented() { # documented FIRST: the program of docs/clients.md whose first line that is, for this service
  awk -v first="    $1" '$0 == first { on = 1 } on && /^[^ ]/ { exit } on' "$top/docs/clients.md" |
    sed "s/^    //; s#http://127.0.0.1:9292#$service#; s#example.org/images/#example.org/main-job/#"
}

prints() { # prints LINE COMMAND...: the command ends well, and has printed that and no more
  local expected=$1 printed
  shift
  printed=$("$@") && [ "$printed" = "$expected" ] || { echo "$printed" && false; }
}

operations() { # the ids of all operations of the document
  python3 -c '
import json, sys
paths = json.load(open(sys.argv[1]))["paths"]
methods = ("get", "put", "post", "patch", "delete", "head", "options")
print("\n".join(sorted(path[method]["operationId"] for path in paths.values() for method in path if method in methods)))' "$work/openapi.json"
}

has_all() { # has_all FILE: the ids that are no operation's, or that the file does not have
  diff <(operations) "$1"
}

with_python() {
  check "python: the generator can be had" sh -c "python3 -m venv '$work/venv' && '$work/venv/bin/pip' install -q -r '$here/python/requirements.txt'"
  # It formats what it makes with a program that it looks for.
  check "python: a client is made" env PATH="$work/venv/bin:$PATH" openapi-python-client generate \
    --url "$service/openapi.json" --config "$here/python/config.yml" --output-path "$work/python"
  find "$work/python/glimpse_client/api" -mindepth 2 -name '*.py' ! -name '__init__.py' -printf '%f\n' | sed 's/\.py$//' | sort >"$work/methods"
  check "python: it has a method for each operation" has_all "$work/methods"
  check "python: it is compiled" "$work/venv/bin/python" -m compileall -q "$work/python/glimpse_client"
  check "python: its types agree" sh -c "cd '$work/python' && '$work/venv/bin/mypy' -p glimpse_client"
  job python env PYTHONPATH="$work/python" "$work/venv/bin/python" "$here/python/main_job.py"
}

with_go() {
  cp -r "$here/go" "$work/main-job" && mkdir -p "$work/main-job/glimpse"
  check "go: a client is made" sh -c "cd '$work/main-job' && go tool oapi-codegen -config config.yaml '$service/openapi.json'"
  sed -nE 's/^func \(c \*ClientWithResponses\) (\w+)WithResponse\(.*/\1/p' "$work/main-job/glimpse/glimpse.go" |
    sed -E 's/WithBody$//; s/([A-Z])/_\L\1/g; s/^_//' | sort -u >"$work/methods"
  check "go: it has a method for each operation" has_all "$work/methods"
  check "go: it is compiled, and vetted" sh -c "cd '$work/main-job' && go vet ./... && go build -o job ."
  job go "$work/main-job/job"
}

# After the main jobs, which list all images and expect their own.
with_documented() {
  documented "import io" >"$work/documented.py"
  check "python: the program of docs/clients.md does as it says" prints "renamed bytes 0-2/9 b'the'" \
    env PYTHONPATH="$work/python" OS_PASSWORD="$password" "$work/venv/bin/python" "$work/documented.py"
  mkdir "$work/main-job/documented" && documented "package main" >"$work/main-job/documented/main.go"
  check "go: the program of docs/clients.md does as it says" prints "renamed bytes 0-2/9 the" \
    env OS_PASSWORD="$password" sh -c "cd '$work/main-job' && go run ./documented"
}

check "the service starts" start_server "$port" --log-level warn
password=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["adminPassword"])' "$data/secrets.json")
check "it serves its document" curl -fsS -o "$work/openapi.json" "$service/openapi.json"
with_python
with_go
with_documented
