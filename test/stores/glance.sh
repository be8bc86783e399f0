# For stores.sh: a real Glance on the bucket that the product keeps images in. Each reads what the other wrote, by the other's
# location. Starts Glance by the scripts in ../shared/peers (or PEERS), on PORT + 1 to PORT + 5.
# shellcheck shell=bash disable=SC2034
peers=${PEERS:-$top/../shared/peers}
port=${PORT:-19692}
ours=http://127.0.0.1:$port
theirs=http://127.0.0.1:$((port + 1))
json='content-type: application/json'

soon() { # soon COMMAND...: until it succeeds, for a minute
  for _ in $(seq 300); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.2
  done
  return 1
}

field() { # field EXPRESSION: of the JSON on standard input, which is d
  python3 -c "import json, sys; d = json.load(sys.stdin); print($1)"
}

made() { # made SERVICE: the id of a new image there
  curl -fs "$1/v2/images" -H "$json" -d '{"name": "shared", "disk_format": "raw", "container_format": "bare"}' | field 'd["id"]'
}

put() { curl -fs -T "$3" -H 'content-type: application/octet-stream' "$1/v2/images/$2/file"; }
same() { curl -fs "$1/v2/images/$2/file" | cmp - "$3"; }
is_active() { [ "$(curl -fs "$1/v2/images/$2" | field 'd["status"]')" = active ]; }

start_ours() {
  (umask 077 && printf %s "$S3_SECRET_ACCESS_KEY" >"$work/secret")
  cat >"$work/glimpse.toml" <<TOML
[identity]
mode = "none"
[[stores]]
id = "cold"
type = "s3"
endpoint = "$S3_ENDPOINT"
bucket = "$S3_BUCKET"
access_key_id = "$S3_ACCESS_KEY_ID"
secret_file = "secret"
create_bucket = true
TOML
  (cd "$top" && exec node_modules/.bin/node launcher/main.ts --config "$work/glimpse.toml" --port "$port" --data-dir "$work/data" \
    --log-level info) >"$work/ours.log" 2>&1 &
  ours_pid=$!
  soon grep -q 'Glimpse listens' "$work/ours.log" || { cat "$work/ours.log" && return 1; }
}

start_theirs() {
  PEERS_STATE=$work/peers GLANCE_PORT=$((port + 1)) KEYSTONE_PORT=$((port + 2)) DB_PORT=$((port + 3)) MEMCACHED_PORT=$((port + 4)) \
    HTTP_IMAGE_PORT=$((port + 5)) IMAGE_URL=$theirs GLANCE_STORES=s3:s3,fast:file GLANCE_SHOW_LOCATIONS=true GLANCE_AUTH=none \
    "$peers/glance-up" >"$work/theirs.log" 2>&1 || { tail -n 20 "$work/theirs.log" && return 1; }
}

written_by_us() {
  image=$(made "$ours") && put "$ours" "$image" "$work/image" || return 1
  location=$(curl -fs "$ours/v2/images/$image/locations" | field 'd[0]["url"]')
  # This Glance wants the credentials in every location; newer ones want none.
  local place="${location#s3://}" patch
  patch=$(printf '[{"op": "add", "path": "/locations/-", "value": {"url": "s3://%s:%s@%s", "metadata": {"store": "s3"}}}]' \
    "$S3_ACCESS_KEY_ID" "$S3_SECRET_ACCESS_KEY" "$place")
  image=$(made "$theirs") &&
    curl -fs -o /dev/null -X PATCH -H 'content-type: application/openstack-images-v2.1-json-patch' -d "$patch" \
      "$theirs/v2/images/$image" &&
    same "$theirs" "$image" "$work/image"
}

written_by_them() {
  local image
  image=$(made "$theirs") && put "$theirs" "$image" "$work/image" || return 1
  location=$(curl -fs "$theirs/v2/images/$image" | field 'd["locations"][0]["url"]')
  case $location in *"$S3_SECRET_ACCESS_KEY"*) ;; *) echo "it has no credentials: $location" && return 1 ;; esac
  image=$(made "$ours") &&
    curl -fs -o /dev/null -H "$json" -d "{\"url\": \"$location\", \"validation_data\": {}}" "$ours/v2/images/$image/locations" &&
    soon is_active "$ours" "$image" && same "$ours" "$image" "$work/image" && imported=$image
}

without_credentials() { # what is shown, logged and kept of it
  ! curl -fs "$ours/v2/images/$imported/locations" "$ours/v2/images/$imported/tasks" | grep -q "$S3_SECRET_ACCESS_KEY" &&
    ! grep -rq "$S3_SECRET_ACCESS_KEY" "$work/data" "$work/ours.log"
}

with_glance() {
  # shellcheck disable=SC1090
  set -a && . "$CEPH_ENV" && set +a
  S3_BUCKET=glimpse-shared
  # Its database runs as a user of its own, whose directory is below.
  chmod 711 "$work"
  head -c 20000000 /dev/urandom >"$work/image"
  check "the product starts on a bucket that is not there yet" start_ours
  first=$(made "$ours")
  check "its first upload makes the bucket" put "$ours" "$first" "$work/image"
  check "a real Glance starts on the same bucket" start_theirs
  check "what we wrote that Glance reads by our location" written_by_us
  check "what Glance wrote we read by its location" written_by_them
  check "the credentials in that location are neither shown, logged nor kept" without_credentials
  end_glance
}

end_glance() {
  kill -TERM "$ours_pid" 2>/dev/null && wait "$ours_pid" 2>/dev/null
  PEERS_STATE=$work/peers "$peers/down" --wipe >/dev/null 2>&1
  ours_pid=
}
