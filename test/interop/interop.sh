#!/usr/bin/env bash
# A real Glance and this service on the same directory, bucket and container: each reads what the other wrote, by its location.
# Starts Ceph's radosgw, OpenStack's Swift and Glance by the scripts in ../shared/services and ../shared/peers (or SERVICES,
# PEERS), which install what they need; servers of CEPH_TEST_DIR and SWIFT_TEST_DIR that run already are used and left
# running. Prints a line a check and the counts at the end.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
services=${SERVICES:-$top/../shared/services}
peers=${PEERS:-$top/../shared/peers}
work=$(mktemp -d "${TMPDIR:-/tmp}/glimpse-interop.XXXXXX")
# Glance's database runs as a user of its own, whose directory is below.
chmod 711 "$work"
port=${PORT:-19792}
ours=http://127.0.0.1:$port
theirs=http://127.0.0.1:$((port + 1))
export PEERS_STATE=$work/peers GLANCE_PORT=$((port + 1)) KEYSTONE_PORT=$((port + 2)) DB_PORT=$((port + 3))
export MEMCACHED_PORT=$((port + 4)) HTTP_IMAGE_PORT=$((port + 5)) IMAGE_URL=$theirs DB_PASS=test-db
export CEPH_TEST_DIR=${CEPH_TEST_DIR:-$work/ceph} SWIFT_TEST_DIR=${SWIFT_TEST_DIR:-$work/swift}
directory=$PEERS_STATE/glance-stores/disk
imported=
json='content-type: application/json'
patch='content-type: application/openstack-images-v2.1-json-patch'
node=$top/node_modules/.bin/node
# shellcheck source=test/support/check.sh
. "$top/test/support/check.sh"

finish() {
  [ -n "${ours_pid:-}" ] && kill -TERM "$ours_pid" 2>/dev/null && wait "$ours_pid" 2>/dev/null
  "$peers/down" --wipe >/dev/null 2>&1
  case $CEPH_TEST_DIR in "$work"/*) "$services/ceph-down" >/dev/null 2>&1 ;; esac
  case $SWIFT_TEST_DIR in "$work"/*) "$services/swift-down" >/dev/null 2>&1 ;; esac
  rm -rf "$work"
  echo "interop: $passed passed, $failed failed, 0 skipped"
  [ "$failed" -eq 0 ]
}
trap 'finish; exit $?' EXIT

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

start_stores() { # with a bucket and a container of our own
  local ceph swift
  ceph=$("$services/ceph-up" 2>"$work/ceph.log") || { tail "$work/ceph.log" && return 1; }
  swift=$("$services/swift-up" 2>"$work/swift.log") || { tail "$work/swift.log" && return 1; }
  # Both say SWIFT_*: OpenStack's is meant.
  # shellcheck disable=SC1090
  set -a && . "$ceph" && . "$swift" && set +a
  export S3_BUCKET=glimpse-interop SWIFT_CONTAINER=glimpse-interop
  swift_place=${SWIFT_AUTH_URL#http://}
  swift_key=$(python3 -c 'import sys, urllib.parse as u; print(u.quote(sys.argv[1], safe="") + ":" + u.quote(sys.argv[2], safe=""))' \
    "$SWIFT_USER" "$SWIFT_KEY")
}

start_ours() {
  (umask 077 && printf %s "$S3_SECRET_ACCESS_KEY" >"$work/s3.secret" && printf %s "$SWIFT_KEY" >"$work/swift.secret")
  mkdir -p "$directory"
  cat >"$work/glimpse.toml" <<TOML
[identity]
mode = "none"
[locations]
show_multiple_locations = true
[[stores]]
id = "disk"
type = "file"
path = "$directory"
[[stores]]
id = "s3"
type = "s3"
endpoint = "$S3_ENDPOINT"
bucket = "$S3_BUCKET"
access_key_id = "$S3_ACCESS_KEY_ID"
secret_file = "s3.secret"
threshold_bytes = 8388608
create_bucket = true
[[stores]]
id = "swift"
type = "swift"
auth_version = 1
auth_url = "$SWIFT_AUTH_URL"
user = "$SWIFT_USER"
secret_file = "swift.secret"
container = "$SWIFT_CONTAINER"
create_container = true
large_object_bytes = 8388608
segment_bytes = 5242880
TOML
  (cd "$top" && exec "$node" --disable-warning=ExperimentalWarning launcher/main.ts --config "$work/glimpse.toml" \
    --port "$port" --data-dir "$work/data" --log-level info) >"$work/ours.log" 2>&1 &
  ours_pid=$!
  soon grep -q 'Glimpse listens' "$work/ours.log" || { cat "$work/ours.log" && return 1; }
}

start_theirs() {
  GLANCE_STORES=disk:file,s3:s3,swift:swift GLANCE_SHOW_LOCATIONS=true GLANCE_AUTH=none \
    "$peers/glance-up" >"$work/theirs.log" 2>&1 || { tail -n 20 "$work/theirs.log" && return 1; }
}

doctor_says_well() {
  (. "$work/data/openrc" && "$top/node_modules/.bin/glimpse" doctor)
}

made() { # made SERVICE: the id of a new image there
  curl -fs "$1/v2/images" -H "$json" -d '{"name": "shared", "disk_format": "raw", "container_format": "bare"}' |
    field 'd["id"]'
}

put() { # put SERVICE IMAGE STORE: the tests' image
  curl -fsS -T "$work/image" -H 'content-type: application/octet-stream' -H "x-image-meta-store: $3" "$1/v2/images/$2/file"
}

same() { curl -fs "$1/v2/images/$2/file" | cmp - "$work/image"; }
is_active() { [ "$(curl -fs "$1/v2/images/$2" | field 'd["status"]')" = active ]; }

in_catalogue() { # in_catalogue SQL: said to the database of that Glance
  mysql --protocol=tcp -h 127.0.0.1 -P "$DB_PORT" -u glance "-p$DB_PASS" glance -e "$1"
}

# What Glance of today wants in a location: newer ones want no credentials in those of s3.
as_glance_writes() { # as_glance_writes STORE IMAGE
  case $1 in
    s3) echo "s3://$S3_ACCESS_KEY_ID:$S3_SECRET_ACCESS_KEY@${S3_ENDPOINT#http://}/$S3_BUCKET/$2" ;;
    swift) echo "swift+http://$swift_key@$swift_place/$SWIFT_CONTAINER/$2" ;;
  esac
}

ours_read_by_glance() { # ours_read_by_glance STORE
  local image location theirs_image size
  image=$(made "$ours") && put "$ours" "$image" "$1" || return 1
  location=$(curl -fs "$ours/v2/images/$image/locations" | field 'd[0]["url"]')
  case $location in *@*) echo "ours has credentials: $location" && return 1 ;; esac
  theirs_image=$(made "$theirs") || return 1
  if [ "$1" = disk ]; then
    # Nobody may give a Glance a file: by its API: whoever takes a directory over writes it into the catalogue.
    size=$(stat -c %s "$work/image")
    in_catalogue "INSERT INTO image_locations (image_id, value, created_at, updated_at, deleted, meta_data, status)
        VALUES ('$theirs_image', '$location', NOW(), NOW(), 0, '{\"store\": \"disk\"}', 'active');
      UPDATE images SET status = 'active', size = $size WHERE id = '$theirs_image'" || return 1
  else
    curl -fsS -o /dev/null -X PATCH -H "$patch" "$theirs/v2/images/$theirs_image" -d "$(printf \
      '[{"op": "add", "path": "/locations/-", "value": {"url": "%s", "metadata": {"store": "%s"}}}]' \
      "$(as_glance_writes "$1" "$image")" "$1")" || return 1
  fi
  same "$theirs" "$theirs_image"
}

theirs_read_by_us() { # theirs_read_by_us STORE
  local image location
  image=$(made "$theirs") && put "$theirs" "$image" "$1" || return 1
  location=$(curl -fs "$theirs/v2/images/$image" | field 'd["locations"][0]["url"]')
  case $1 in
    disk)
      # No API takes it: the reader is asked itself.
      "$node" --disable-warning=ExperimentalWarning "$here/read-location.node.ts" "$location" | cmp - "$work/image"
      return
      ;;
    swift)
      # Ours would be called the same, and no API takes it either: with user and key it is taken.
      [ "$location" = "swift+config://ref1/$SWIFT_CONTAINER/$image" ] || { echo "it is $location" && return 1; }
      location=$(as_glance_writes swift "$image")
      ;;
  esac
  case $location in *@*) ;; *) echo "it has no credentials: $location" && return 1 ;; esac
  imported=$(made "$ours") &&
    curl -fsS -o /dev/null -H "$json" -d "{\"url\": \"$location\", \"validation_data\": {}}" "$ours/v2/images/$imported/locations" &&
    soon is_active "$ours" "$imported" && same "$ours" "$imported"
}

# A second place for an image of ours, checked by what it hashes to.
second_place() { # second_place STORE
  local image hash theirs_image stores
  image=$(made "$ours") && put "$ours" "$image" disk || return 1
  theirs_image=$(made "$theirs") && put "$theirs" "$theirs_image" "$1" || return 1
  hash=$(curl -fs "$ours/v2/images/$image" | field 'd["os_hash_value"]')
  curl -fsS -o /dev/null -X PATCH -H "$patch" "$ours/v2/images/$image" -d "$(printf \
    '[{"op": "add", "path": "/locations/-", "value": {"url": "%s", "metadata": {}, "validation_data": {"os_hash_algo": "sha512", "os_hash_value": "%s"}}}]' \
    "$(as_glance_writes "$1" "$theirs_image")" "$hash")" || return 1
  stores=$(curl -fs "$ours/v2/images/$image" | field 'd["stores"]')
  [ "$stores" = "disk,$1" ] || { echo "its stores are $stores" && return 1; }
  rm "$directory/$image" && same "$ours" "$image" && grep -q 'a location could not be read' "$work/ours.log"
}

# What is shown, logged and kept of locations. The two programs have their settings, with the secrets, in files of the owner's alone.
without_credentials() {
  ! curl -fs "$ours/v2/images?limit=100" "$ours/v2/images/$imported/locations" "$ours/v2/images/$imported/tasks" |
    grep -qF -e "$S3_SECRET_ACCESS_KEY" -e "$swift_key" &&
    ! grep -rqF --exclude=relay.toml --exclude=worker.config \
      -e "$S3_SECRET_ACCESS_KEY" -e "$swift_key" "$work/data" "$work/ours.log" &&
    [ "$(stat -c %a "$work/data/relay.toml" "$work/data/worker.config" | sort -u)" = 600 ]
}

# Three parts or segments, and a rest.
head -c 17000001 /dev/urandom >"$work/image"
check "Ceph's radosgw and OpenStack's Swift start" start_stores
check "this service starts on a directory, a bucket and a container" start_ours
check "its doctor finds all of them well" doctor_says_well
check "a real Glance starts on the same" start_theirs
for store in disk s3 swift; do
  check "$store: what we wrote is read by Glance" ours_read_by_glance "$store"
  check "$store: what Glance wrote is read by us" theirs_read_by_us "$store"
done
for store in s3 swift; do
  check "$store: what Glance wrote is a second place of an image of ours, and read when the first is lost" second_place "$store"
done
check "the credentials in locations are neither shown, logged nor kept" without_credentials
