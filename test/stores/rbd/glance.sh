# For rbd.sh: a real Glance on the pool that the product keeps images in. Each reads what the other wrote, by the other's
# location. Starts Glance by the scripts in ../shared/peers (or PEERS), on GLANCE_PORT_BASE + 1 to + 5.
# shellcheck shell=bash
peers=${PEERS:-$top/../shared/peers}
base=${GLANCE_PORT_BASE:-19792}
ours=http://127.0.0.1:$base
theirs=http://127.0.0.1:$((base + 1))
json='content-type: application/json'

json_of() { # json_of EXPRESSION: of the JSON on standard input, which is d
  python3 -c "import json, sys; d = json.load(sys.stdin); print($1)"
}

made() { # made SERVICE: the id of a new image there
  curl -fs "$1/v2/images" -H "$json" -d '{"name": "shared", "disk_format": "raw", "container_format": "bare"}' | json_of 'd["id"]'
}

upload() { curl -fs -T "$3" -H 'content-type: application/octet-stream' "$1/v2/images/$2/file"; }
same() { curl -fs "$1/v2/images/$2/file" | cmp - "$3"; }
is_active() { [ "$(curl -fs "$1/v2/images/$2" | json_of 'd["status"]')" = active ]; }

start_ours() {
  {
    printf '[identity]\nmode = "none"\n'
    store_settings
  } >"$work/ours.toml"
  data=$work/ours start_server "$base" --config "$work/ours.toml" --log-level warn
}

glance_env() {
  env PEERS_STATE="$work/peers" GLANCE_PORT=$((base + 1)) KEYSTONE_PORT=$((base + 2)) DB_PORT=$((base + 3)) \
    MEMCACHED_PORT=$((base + 4)) HTTP_IMAGE_PORT=$((base + 5)) IMAGE_URL="$theirs" GLANCE_STORES=ceph:rbd,fast:file \
    GLANCE_SHOW_LOCATIONS=true GLANCE_AUTH=none "$@"
}

start_theirs() {
  glance_env "$peers/glance-up" >"$work/theirs.log" 2>&1 || { tail -n 20 "$work/theirs.log" && return 1; }
}

written_by_us() {
  local image location
  image=$(made "$ours") && upload "$ours" "$image" "$work/image" || return 1
  location=$(curl -fs "$ours/v2/images/$image/locations" | json_of 'd[0]["url"]')
  [ "$location" = "rbd://$(fsid)/images/$image/snap" ] || { echo "$location" && return 1; }
  image=$(made "$theirs") &&
    curl -fs -o /dev/null -X PATCH -H 'content-type: application/openstack-images-v2.1-json-patch' \
      -d "[{\"op\": \"add\", \"path\": \"/locations/-\", \"value\": {\"url\": \"$location\", \"metadata\": {\"store\": \"ceph\"}}}]" \
      "$theirs/v2/images/$image" &&
    same "$theirs" "$image" "$work/image"
}

written_by_them() {
  local image location
  image=$(made "$theirs") && upload "$theirs" "$image" "$work/image" || return 1
  location=$(curl -fs "$theirs/v2/images/$image" | json_of 'd["locations"][0]["url"]')
  imported=$(made "$ours") &&
    curl -fs -o /dev/null -H "$json" -d "{\"url\": \"$location\", \"validation_data\": {}}" "$ours/v2/images/$imported/locations" &&
    soon is_active "$ours" "$imported" && same "$ours" "$imported" "$work/image"
}

same_layout() { # what `rbd info` says of an image of ours and of one of theirs, but for names and times
  local name
  for name in $(ceph_rbd ls images); do
    ceph_rbd info --format json "images/$name@snap" | json_of \
      'sorted((k, v) for k, v in d.items() if k in ("size", "objects", "order", "format", "features", "flags", "protected", "data_pool"))'
  done | sort -u | wc -l
}

with_glance() {
  # Its database runs as a user of its own, whose directory is below.
  chmod 711 "$work"
  head -c 20000000 /dev/urandom >"$work/image"
  check "the product starts on a pool" start_ours
  check "a real Glance starts on the same pool" start_theirs
  check "what we wrote that Glance reads by our location" written_by_us
  check "what Glance wrote we read by its location" written_by_them
  check "both have laid it out alike" test "$(same_layout)" = 1
  check "what Glance wrote is deleted here" curl -fs -X DELETE "$ours/v2/images/$imported"
  check "and is gone from the pool" soon pool_has 1
  end "$server"
  glance_env "$peers/down" --wipe >/dev/null 2>&1
}
