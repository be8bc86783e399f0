#!/usr/bin/env bash
# Schemathesis asks a running service whatever its document lets it ask, right and wrong, at least 10,000 times: nothing
# is a 5xx, every answer is described, and every operation gets what it asks for at least once, but for those that
# outcome.py names. Needs python3-venv and curl. Prints a line an operation and the counts at the end. SCHEMATHESIS_SEED
# makes other requests.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/test/schemathesis
work=$(mktemp -d "${TMPDIR:-/tmp}/glimpse-schemathesis.XXXXXX")
port=${PORT:-19392}
service=http://127.0.0.1:$port
# Of its own: what is asked may be that everything goes.
data=$work/data
seed=${SCHEMATHESIS_SEED:-20261125}
# shellcheck source=test/support/check.sh
. "$top/test/support/check.sh"
# shellcheck source=test/support/processes.sh
. "$top/test/support/processes.sh"

finish() {
  end "${server:-}"
  rm -rf "$work"
  echo "schemathesis: $passed passed, $failed failed, 0 skipped"
  [ "$failed" -eq 0 ]
}
trap 'finish; exit $?' EXIT

check "Schemathesis can be had" sh -c "python3 -m venv '$work/venv' && '$work/venv/bin/pip' install -q -r '$here/requirements.txt'"
check "the service starts" start_server "$port" --log-level error
[ "$failed" -eq 0 ] || exit 1

# shellcheck source=/dev/null
token=$(. "$data/openrc" && "$top/node_modules/.bin/node" --input-type=module -e '
const { OS_AUTH_URL, OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME } = process.env;
const domain = { name: "Default" };
const auth = {
  identity: { methods: ["password"], password: { user: { name: OS_USERNAME, domain, password: OS_PASSWORD } } },
  scope: { project: { name: OS_PROJECT_NAME, domain } },
};
const response = await fetch(`${OS_AUTH_URL}/auth/tokens`, { method: "POST", body: JSON.stringify({ auth }) });
console.log(response.headers.get("x-subject-token") ?? "");')
check "the administrator signs in" test -n "$token"

# The relay's own routes are asked too: without a signature they are a 401, whatever else is in the request.
# shellcheck source=/dev/null
(cd "$work" && . "$data/openrc" && SCHEMATHESIS_HOOKS=hooks PYTHONPATH="$here" SCHEMATHESIS_SERVICE="$service" \
  SCHEMATHESIS_TOKEN="$token" PYTHONDONTWRITEBYTECODE=1 PYTHONUTF8=1 NO_COLOR=1 timeout "${SCHEMATHESIS_SECONDS:-2400}" "$work/venv/bin/st" \
  --config-file "$here/schemathesis.toml" run "$service/openapi.json" --header "X-Auth-Token: $token" \
  --phases examples,coverage,fuzzing,stateful --max-examples "${SCHEMATHESIS_EXAMPLES:-80}" --seed "$seed" --workers 4 \
  --continue-on-failure --no-shrink --request-timeout 60 --report ndjson --report-ndjson-path "$work/events.ndjson") >"$work/st.out" 2>&1
# 1 is that something failed, of which outcome.py tells.
check "it can ask" test $? -le 1 || tail -n 60 "$work/st.out"
check "it comes to its end (seed $seed)" grep -q '"EngineFinished"' "$work/events.ndjson" || tail -n 60 "$work/st.out"

python3 "$here/outcome.py" "$work/events.ndjson" 10000 "$top/openapi/openapi.json" >"$work/outcome" || echo "FAIL its events are read" >>"$work/outcome"
cat "$work/outcome"
passed=$((passed + $(grep -c '^ok ' "$work/outcome")))
failed=$((failed + $(grep -c '^FAIL ' "$work/outcome")))
check "the service is still there" curl -fs "$service/healthcheck"
