# For rings in bash, beside processes.sh and images.sh: a site whose relay has clients come by its front door, and an `npm
# start` as its worker, behind an edge that takes no body of more than 100 MB, as Cloudflare's does. Ports from `port` on.
door=http://127.0.0.1:$port
edge=http://127.0.0.1:$((port + 1))
metrics=http://127.0.0.1:$((port + 2))
data=$work/data

end_site() {
  end "${relay:-}"
  end "${edge_pid:-}"
  end "${server:-}"
}

start_edge() { # start_edge SETTINGS: of the worker
  printf '[worker]\nport = %s\n%s\n' $((port + 4)) "$1" >"$work/glimpse.toml"
  start_server $((port + 3)) --config "$work/glimpse.toml" --log-level warn || return 1
  (exec "$top/node_modules/.bin/node" "$top/test/front-door/capped-edge.ts" "${edge##*:}" "http://127.0.0.1:$((port + 4))" 100000000) &
  edge_pid=$!
  soon curl -fs "$edge/healthcheck"
}

# Of what goes by the relay alone, questions and answers are all that the edge sees.
edge_saw_only_control() {
  local bytes
  bytes=$(curl -fs "$edge/edge-bytes") && echo "$bytes bytes" && [ "$bytes" -lt 10000000 ]
}

start_relay() { # start_relay FRONT_DOOR SETTINGS: what its front door needs besides; its stores and more
  # A relay of this key keeps these stores, as that of `npm start` does.
  cat >"$work/relay.toml" <<TOML
log_level = "warn"
listen = { port = 0 }
$(python3 -c 'import json, sys; k = json.load(open(sys.argv[1]))["relayKey"]; print("keys = [{ id = \"%s\", secret = \"%s\" }]" % (k["id"], k["secret"]))' "$data/secrets.json")
[edge]
url = "$edge"
[metrics]
port = ${metrics##*:}
[front_door]
port = $port
$1
$2
TOML
  chmod 600 "$work/relay.toml"
  (exec "$top/node_modules/.bin/node" "$top/relay/main.ts" --config "$work/relay.toml") >"$work/relay.log" 2>&1 &
  relay=$!
  soon curl -fs "$metrics/healthcheck" || { cat "$work/relay.log" && return 1; }
}
