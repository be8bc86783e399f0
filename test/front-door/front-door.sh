#!/usr/bin/env bash
# A site: a relay by itself, and stock clients that come by its front door, with an edge behind it that takes no body of more
# than 100 MB, as Cloudflare's does. The worker is that of an `npm start` on the same machine. Needs python3-glanceclient, python3-openstackclient, curl and openssl. Prints a line a check and the
# counts at the end.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/glimpse-front-door.XXXXXX")
port=${PORT:-19292}
# The stock client keeps schemas in its home; those of another service there would break it.
export HOME=$work
GiB=$((1024 * 1024 * 1024))
# shellcheck source=test/support/check.sh
. "$top/test/support/check.sh"
# shellcheck source=test/support/processes.sh
. "$top/test/support/processes.sh"
# shellcheck source=test/support/images.sh
. "$top/test/support/images.sh"
# shellcheck source=test/support/site.sh
. "$top/test/support/site.sh"

finish() {
  end_site
  rm -rf "$work"
  echo "frontdoor: $passed passed, $failed failed, 0 skipped"
  [ "$failed" -eq 0 ]
}
trap 'finish; exit $?' EXIT

start_site() { # start_site FRONT_DOOR: what the relay's front door needs besides
  start_relay "$1" "trusted_proxies = [\"127.0.0.1\"]
[[stores]]
id = \"file\"
type = \"file\"
path = \"$data/images\"
[cache]
path = \"$work/cache\"
max_bytes = $((2 * GiB))"
}

no_bytes_left() { # the directory lists nothing, soon after the last delete
  for _ in $(seq 50); do
    [ -z "$(find "$data/images" -type f 2>/dev/null)" ] && return 0
    sleep 0.2
  done
  find "$data/images" -type f
  return 1
}

# A snapshot of unknown length through a client's standard input, back through its standard output, and deleted.
there_and_back() { # there_and_back NAME CLIENT STORE GIBIBYTES
  local name=$1 client=$2 store=$3 gib=$4 id md5 sha
  md5=$(snapshot "$gib" "$name" | sum md5sum)
  sha=$(snapshot "$gib" "$name" | sum sha512sum)
  export -f snapshot
  check "$name: $gib GiB of unknown length go into $store" \
    bash -c "snapshot $gib $name | $client image-create --name $name --store $store --disk-format raw --container-format bare"
  id=$(id_of)
  check "$name: the image is active, with the right md5, sha512 and size" is_whole "$id" "$md5" "$sha" $((gib * GiB))
  check "$name: it is in $store" test "$(field "$id" stores)" = "$store"
  if [ "$store" = file ]; then
    check "$name: zeros take no room in the directory" test "$(du -k "$data/images/$id" | cut -f1)" -lt $((gib * 1024 * 600))
  fi
  check "$name: what comes back is what went in" bash -c "$client image-download $id | sha512sum | grep -q $sha"
  check "$name: a range is what it should be" \
    bash -c "cmp <(curl -sf -H 'X-Auth-Token: $token' -r 33554430-33554433 $door/v2/images/$id/file) <(snapshot 1 $name | head -c 33554434 | tail -c 4)"
  last=$id
}

with_openstack() {
  local id
  snapshot 1 openstack | head -c 300000000 >"$work/disk.raw"
  check "openstack: a file of 300 MB goes into file" openstack image create test --file "$work/disk.raw" --disk-format raw --container-format bare
  id=$(id_of)
  check "openstack: it is whole" is_whole "$id" "$(sum md5sum <"$work/disk.raw")" "$(sum sha512sum <"$work/disk.raw")" 300000000
  check "openstack: it is saved as it was sent" sh -c "openstack image save --file $work/back $id && cmp $work/back $work/disk.raw"
  check "glance hears the 409 of a second upload" sh -c "glance image-upload --file $work/disk.raw $id 2>&1 | grep -q 409"
  check "openstack deletes it" openstack image delete "$id"
}

is_refused_by_edge() { # is_refused_by_edge HEADER: 300 MB straight to the worker
  [ "$(status_of -X PUT -H 'Content-Type: application/octet-stream' -H "$1" -T "$work/disk.raw" "$edge/v2/images/$(create)/file")" = 413 ]
}

# A client that asks before it sends is answered before it has sent.
asks_first() {
  local id sent
  id=$(create)
  sent=$(curl -s -o /dev/null -w '%{http_code} %{size_upload}' -X PUT -H 'X-Auth-Token: none' -H 'Expect: 100-continue' \
    --expect100-timeout 60 -H 'Content-Type: application/octet-stream' -T "$work/disk.raw" "$door/v2/images/$id/file")
  [ "$sent" = "401 0" ] || { echo "$sent" && return 1; }
  [ "$(status_of -X PUT -H 'Expect: 100-continue' --expect100-timeout 60 -H 'Content-Type: application/octet-stream' \
    -T "$work/disk.raw" "$door/v2/images/$id/file")" = 204 ] && api -X DELETE "$door/v2/images/$id"
}

links_name() { # links_name ADDRESS CURL-OPTIONS...
  local address=$1
  shift
  curl -s "$@" "$door/versions" | grep -q "\"$address/v2/\"" &&
    api -s -D - -o /dev/null -X POST "$@" -d '{"name":"link"}' "$door/v2/images" | grep -qi "^location: $address/v2/images/"
}

same_answer() { # same_answer PATH: but for the request's id and the time, door and worker say the same
  headers() { api -D - "$1$2" | tr -d '\r' | grep -viE '^(date|connection|keep-alive|transfer-encoding|content-length|x-openstack-request-id):' | sed "s#$1##g" | sort -f; }
  diff <(headers "$door" "$1" | tr '[:upper:]' '[:lower:]') <(headers "$edge" "$1" | tr '[:upper:]' '[:lower:]')
}

keeps_request_id() {
  api -D - -o /dev/null -H 'X-OpenStack-Request-Id: req-mine' "$door/v2/images" | grep -qi '^x-openstack-request-id: req-mine'
}

metric() { curl -fs "$metrics/metrics" | grep -F "$1" | grep -vqE ' 0$'; }

certificate() { # certificate NAME: a self-signed one
  openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj "/CN=$1" -addext 'subjectAltName=IP:127.0.0.1' \
    -keyout "$work/key.new" -out "$work/cert.new" 2>/dev/null
  chmod 600 "$work/key.new" && mv "$work/key.new" "$work/key.pem" && mv "$work/cert.new" "$work/cert.pem"
}

serves_certificate() { # serves_certificate NAME, soon
  shows() { openssl s_client -connect "127.0.0.1:$port" </dev/null 2>/dev/null | grep -q "CN *= *$1"; }
  soon shows "$1"
}

with_tls() {
  end "$relay"
  certificate first
  check "it starts with a certificate of its own" start_site "tls_cert = \"$work/cert.pem\"
tls_key = \"$work/key.pem\""
  check "a client that trusts the certificate is served" curl -fs --cacert "$work/cert.pem" "https://127.0.0.1:$port/healthcheck"
  check "links are https" sh -c "curl -s --cacert $work/cert.pem https://127.0.0.1:$port/versions | grep -q '\"https://127.0.0.1:$port/v2/\"'"
  certificate second
  kill -HUP "$relay"
  check "a renewed certificate is served after SIGHUP" serves_certificate second
  echo nonsense >"$work/cert.pem"
  kill -HUP "$relay"
  check "a broken one is not, and the old one stays" serves_certificate second
}

check "an edge serves that takes 100 MB" start_edge ""
check "a relay serves its site" start_site ""
[ "$failed" -eq 0 ] || exit 1
# shellcheck disable=SC1091
. "$data/openrc"
export OS_AUTH_URL=$door/identity/v3
token=$(openstack token issue -f value -c id)
check "a token is given" test -n "$token"

there_and_back glance glance file 4
check "glance deletes it" glance image-delete "$last"
there_and_back glance-r2 glance r2 1
check "the second download comes from the cache" \
  bash -c "fetch() { curl -sf -H 'X-Auth-Token: $token' $door/v2/images/$last/file; }; cmp <(fetch) <(fetch)"
check "the cache says so" metric 'glimpse_relay_cache_events_total{event="hit"}'
check "glance-r2: glance deletes it" glance image-delete "$last"
with_openstack
check "no byte is left in the directory" no_bytes_left

check "300 MB straight to the edge are a 413" is_refused_by_edge "X-Announced: yes"
check "and so are 300 MB of unknown length" is_refused_by_edge "Transfer-Encoding: chunked"
check "a client that asks first is refused before it sends, and told to go on when it may" asks_first
check "no byte is left in the directory" no_bytes_left

check "links name the address that the client used" links_name "http://localhost:$port" -H "Host: localhost:$port"
check "and the one that a trusted proxy was asked by" links_name https://images.example -H 'Forwarded: for=192.0.2.1;host=images.example;proto=https'
for path in /versions /v2/images /v2/schemas/image /v2/images/none /v2/nothing /identity/v3 '/v2/images?limit=x'; do
  check "door and worker answer $path alike" same_answer "$path"
done
check "a client's request id is kept" keeps_request_id
check "metrics tell of uploads" metric 'glimpse_relay_request_duration_seconds_count{door="front",what="upload",method="PUT",status="204"}'
check "the relay's own health check is beside them" curl -fs "$metrics/healthcheck"
with_tls
