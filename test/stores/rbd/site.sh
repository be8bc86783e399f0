# A site whose store is a pool of Ceph, behind an edge that takes no body of more than 100 MB: stock clients come by the
# front door. Sourced by rbd.sh, which has started Ceph, and set `top` and `work`.

port=${PORT:-19592}
edge_port=$((port + 1))
home_port=$((port + 2))
worker_port=$((port + 3))
metrics_port=$((port + 4))
door=http://127.0.0.1:$port
edge=http://127.0.0.1:$edge_port
data=$work/data
node=$top/node_modules/.bin/node
# Snapshots of machines are larger; RBD_GIB=4 shows it with one of 4 GiB.
gib=${RBD_GIB:-1}
# How long Ceph may take to answer before an operation has failed.
patience=5

end() { [ -n "${1:-}" ] && kill -TERM "$1" 2>/dev/null && wait "$1" 2>/dev/null; }
end_site() {
  kill -CONT "$(osd)" 2>/dev/null
  end "${relay:-}"
  end "${edge_pid:-}"
  end "${home_pid:-}"
}

soon() { # soon COMMAND...: until it succeeds, for two minutes
  local end=$((SECONDS + 120))
  while [ "$SECONDS" -lt "$end" ]; do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.5
  done
  "$@"
}

ceph_rbd() { rbd -c "$CEPH_CONF" "$@"; }
osd() { cat "$CEPH_TEST_DIR/run/osd.pid"; }
# An OSD without another that was away for long may take its placement groups for laggy, and wait for ever: seen once for
# a quarter of an hour. Told that it is down it makes its peace with itself.
osd_goes_on() { kill -CONT "$(osd)" && ceph -c "$CEPH_CONF" osd down 0 >/dev/null 2>&1; }
fsid() { ceph -c "$CEPH_CONF" fsid; }

store_settings() { # store_settings CONF
  printf '[[stores]]\nid = "ceph"\ntype = "rbd"\nfsid = "%s"\nconf = "%s"\ntimeout_seconds = %s\n' "$(fsid)" "$CEPH_CONF" "$patience"
}

start_home() {
  {
    printf '[worker]\nport = %s\n[transfers]\nlate_writer_seconds = 5\n[locations]\nshow_multiple_locations = true\n' "$worker_port"
    store_settings
  } >"$work/glimpse.toml"
  (cd "$top" && exec "$node" launcher/main.ts --config "$work/glimpse.toml" --port "$home_port" --data-dir "$data" \
    --log-level warn) >"$work/home.log" 2>&1 &
  home_pid=$!
  soon grep -q 'Glimpse listens' "$work/home.log" || { cat "$work/home.log" && return 1; }
  (exec "$node" "$top/test/front-door/capped-edge.ts" "$edge_port" "http://127.0.0.1:$worker_port" 100000000) &
  edge_pid=$!
  soon curl -fs "$edge/healthcheck"
}

start_relay() {
  # A relay of this key keeps this store, as that of `npm start` does.
  {
    cat <<TOML
log_level = "warn"
listen = { port = 0 }
keys = [$(python3 -c 'import json, sys; k = json.load(open(sys.argv[1]))["relayKey"]; print("{ id = \"%s\", secret = \"%s\" }" % (k["id"], k["secret"]))' "$data/secrets.json")]
[edge]
url = "$edge"
[front_door]
port = $port
[metrics]
port = $metrics_port
TOML
    store_settings
  } >"$work/relay.toml"
  chmod 600 "$work/relay.toml"
  (exec "$node" "$top/relay/main.ts" --config "$work/relay.toml") >"$work/relay.log" 2>&1 &
  relay=$!
  soon curl -fs "http://127.0.0.1:$metrics_port/healthcheck" || { cat "$work/relay.log" && return 1; }
}

# As a disk is that was used a little: every other 32 MiB were never written to.
snapshot() { # snapshot GIBIBYTES SEED
  local piece
  for piece in $(seq $(($1 * 16))); do
    openssl enc -aes-128-ctr -pass "pass:$2-$piece" -nosalt -pbkdf2 -in /dev/zero 2>/dev/null | head -c 33554432
    head -c 33554432 /dev/zero
  done
}

sum() { "$1" | cut -d' ' -f1; }
api() { curl -s -H "X-Auth-Token: $token" "$@"; }
status_of() { api -o /dev/null -w '%{http_code}' "$@"; }
field() { api -f "$door/v2/images/$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$2"; }
is() { [ "$(field "$1" "$2")" = "$3" ]; }
id_of() { sed -nE 's/^\| id +\| ([0-9a-f-]{36}) +\|$/\1/p' "$work/out"; }
create() { api -f -X POST "$door/v2/images" -d '{"name":"test","disk_format":"raw","container_format":"bare"}' | python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])'; }
put() { status_of -X PUT -H 'Content-Type: application/octet-stream' "$@"; }

pool_has() { [ "$(ceph_rbd ls images | wc -l)" -eq "$1" ]; }
pool_is_empty() { [ -z "$(ceph_rbd ls images)$(ceph_rbd trash ls images)" ] || { ceph_rbd ls -l images && return 1; }; }

is_whole() { # is_whole ID MD5 SHA512 SIZE
  [ "$(field "$1" checksum)" = "$2" ] && [ "$(field "$1" os_hash_value)" = "$3" ] &&
    [ "$(field "$1" size)" = "$4" ] && [ "$(field "$1" status)" = active ]
}

clone() { # clone ID FORMAT
  ceph_rbd --rbd-default-clone-format "$2" clone "images/$1@snap" images/machine
}

of_unknown_length() {
  local id md5 sha
  md5=$(snapshot "$gib" disk | sum md5sum)
  sha=$(snapshot "$gib" disk | sum sha512sum)
  export -f snapshot
  check "glance: $gib GiB of unknown length go into Ceph, past an edge that takes 100 MB" \
    bash -c "snapshot $gib disk | glance image-create --name disk --store ceph --disk-format raw --container-format bare"
  id=$(id_of)
  check "glance: the image is active, with the right md5, sha512 and size" is_whole "$id" "$md5" "$sha" $((gib * 1073741824))
  check "zeros take no room in the pool" test "$(ceph_rbd diff "images/$id@snap" | awk 'NR > 1 { n += $2 } END { print n }')" -le $((gib * 536870912))
  check "rbd clones it" clone "$id" 2
  check "the clone is what went in" bash -c "rbd -c $CEPH_CONF export --no-progress images/machine - | sha512sum | grep -q $sha"
  ceph_rbd rm --no-progress images/machine
  check "what glance downloads is what went in" bash -c "glance image-download $id | sha512sum | grep -q $sha"
  check "a range is what it should be" \
    bash -c "cmp <(curl -sf -H 'X-Auth-Token: $token' -r 33554430-33554433 $door/v2/images/$id/file) <(snapshot 1 disk | head -c 33554434 | tail -c 4)"
  check "glance deletes it" glance image-delete "$id"
  check "nothing is left in the pool" soon pool_is_empty
}

refuses_to_delete() { # refuses_to_delete ID WORDS
  openstack image delete "$1" 2>&1 | grep -q 409 && api -X DELETE "$door/v2/images/$1" | grep -qF "$2"
}

of_known_length() {
  local id
  snapshot 1 openstack | head -c 300000000 >"$work/disk.raw"
  check "openstack: a file of 300 MB goes into Ceph" openstack image create test --file "$work/disk.raw" --disk-format raw --container-format bare
  id=$(id_of)
  check "openstack: it is whole" is_whole "$id" "$(sum md5sum <"$work/disk.raw")" "$(sum sha512sum <"$work/disk.raw")" 300000000
  check "openstack: it is saved as it was sent" sh -c "openstack image save --file $work/back $id && cmp $work/back $work/disk.raw"
  check "a clone is made of it as older clusters make them" clone "$id" 1
  check "the clone reads as the file here and there, as a machine does that boots" \
    /usr/bin/python3 "$top/test/stores/rbd/random_reads.py" "$CEPH_CONF" images machine "$work/disk.raw"
  check "openstack hears the 409, which names the clone" refuses_to_delete "$id" images/machine
  check "and the image is there as before" is "$id" status active
  ceph_rbd flatten --no-progress images/machine && ceph_rbd rm --no-progress images/machine
  check "without the clone openstack deletes it" openstack image delete "$id"
  check "nothing is left in the pool" soon pool_is_empty
}

# What Nova does with a machine's disk in the same pool (spec/consumers.md section 2.1).
of_nova() {
  local id sha
  id=$(create)
  sha=$(sum sha512sum <"$work/disk.raw")
  ceph_rbd import --no-progress "$work/disk.raw" "images/$id"
  ceph_rbd snap create --no-progress "images/$id@snap" && ceph_rbd snap protect "images/$id@snap"
  check "a location of another cluster is refused, so that Nova uploads" \
    test "$(status_of -X POST "$door/v2/images/$id/locations" -d "{\"url\":\"rbd://$(cat /proc/sys/kernel/random/uuid)/images/$id/snap\"}")" = 403
  check "a location that Nova adds is taken" \
    test "$(status_of -X POST "$door/v2/images/$id/locations" -d "{\"url\":\"rbd://$(fsid)/images/$id/snap\",\"validation_data\":{}}")" = 202
  check "the image is active" soon is "$id" status active
  check "it is hashed" soon is "$id" os_hash_value "$sha"
  check "it is read through the front door" bash -c "cmp <(curl -sf -H 'X-Auth-Token: $token' $door/v2/images/$id/file) $work/disk.raw"
  check "it is deleted" openstack image delete "$id"
  check "nothing is left in the pool" soon pool_is_empty
}

# An upload that stops for a moment half way, as a client's does that reads from a slow disk.
slowly() { head -c 150000000 "$work/disk.raw" && sleep 3 && tail -c +150000001 "$work/disk.raw"; }

breaks_off() { # breaks_off ID: within a minute
  ! timeout 60 curl -sf -H "X-Auth-Token: $token" --limit-rate 40M -o /dev/null "$door/v2/images/$1/file"
}

of_outages() {
  local id status
  id=$(create)
  export -f slowly
  export work
  (sleep 1 && kill -STOP "$(osd)" && sleep 2 && kill -CONT "$(osd)") &
  check "an upload goes on when the OSD was away for a moment" \
    test "$(bash -c slowly | put -H 'Transfer-Encoding: chunked' -T - "$door/v2/images/$id/file")" = 204
  wait $!
  (sleep 1 && kill -STOP "$(osd)" && sleep 2 && kill -CONT "$(osd)") &
  check "and so does a download" bash -c "cmp <(curl -sf -H 'X-Auth-Token: $token' --limit-rate 100M $door/v2/images/$id/file) $work/disk.raw"
  wait $!
  (sleep 1 && kill -STOP "$(osd)") &
  check "a download breaks off in a minute when it stays away" breaks_off "$id"
  wait $!
  check "the image is not deleted meanwhile" test "$(status_of -X DELETE "$door/v2/images/$id")" = 503
  osd_goes_on
  check "it is when the OSD is back" soon api -f -X DELETE "$door/v2/images/$id"
  id=$(create)
  (sleep 1 && kill -STOP "$(osd)") &
  status=$(bash -c slowly | timeout 90 curl -s -o /dev/null -w '%{http_code}' -H "X-Auth-Token: $token" -X PUT \
    -H 'Content-Type: application/octet-stream' -H 'Transfer-Encoding: chunked' -T - "$door/v2/images/$id/file")
  check "an upload ends with 503 when the OSD stays away" test "$status" = 503
  osd_goes_on
  check "its image is queued" is "$id" status queued
  check "nothing is left in the pool" soon pool_is_empty
  (sleep 1 && kill -KILL $(pgrep -P "$relay")) &
  check "an upload ends with 503 when librbd's process is killed" \
    test "$(bash -c slowly | put -H 'Transfer-Encoding: chunked' -T - "$door/v2/images/$id/file")" = 503
  check "the next one goes in at once" test "$(put -T "$work/disk.raw" "$door/v2/images/$id/file")" = 204
  check "it is what was sent" bash -c "cmp <(curl -sf -H 'X-Auth-Token: $token' $door/v2/images/$id/file) $work/disk.raw"
  check "what the first attempts have left goes by itself" soon pool_has 1
  check "the image is deleted" api -f -X DELETE "$door/v2/images/$id"
  check "nothing is left in the pool" soon pool_is_empty
}

site() {
  check "an edge serves that takes 100 MB" start_home
  check "a relay serves its site from Ceph" start_relay
  [ "$failed" -eq 0 ] || return
  # shellcheck disable=SC1091
  . "$data/openrc"
  export OS_AUTH_URL=$door/identity/v3
  token=$(openstack token issue -f value -c id)
  of_unknown_length
  of_known_length
  of_nova
  of_outages
}
