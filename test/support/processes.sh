# For rings in bash, which set `top`, and `work` to a folder of their own: what is started, ended and waited for.

end() { [ -n "${1:-}" ] && kill -TERM "$1" 2>/dev/null && wait "$1" 2>/dev/null; }

soon() { # soon COMMAND...: until it succeeds, for a minute or SOON_SECONDS; what it said last, if it never does
  local until=$((SECONDS + ${SOON_SECONDS:-60}))
  until "$@" >"$work/soon" 2>&1; do
    [ "$SECONDS" -lt "$until" ] || { cat "$work/soon" && return 1; }
    sleep 0.2
  done
}

times_listened() { grep -c 'Glimpse listens' "$work/server.log"; }
listens_again() { ! kill -0 "$server" 2>/dev/null || [ "$(times_listened)" -gt "$1" ]; }

start_server() { # start_server PORT OPTION...: as `npm start` does, on the folder `data`; its id is `server` then
  local at=$1 before
  shift
  touch "$work/server.log"
  before=$(times_listened)
  (cd "$top" && exec node_modules/.bin/node launcher/main.ts --port "$at" --data-dir "$data" "$@") >>"$work/server.log" 2>&1 &
  server=$!
  soon listens_again "$before" && kill -0 "$server" 2>/dev/null || { cat "$work/server.log" && return 1; }
}
