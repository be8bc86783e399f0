#!/usr/bin/env bash
# A cloud: a real Keystone with users, roles and a catalogue, and this service in it, used with stock clients. Starts
# Keystone by the scripts in ../shared/peers (or PEERS), which install what they need. Also needs python3-glanceclient,
# python3-openstackclient, python3-openstacksdk, curl and go. Prints a line a check and the counts at the end.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
peers=${PEERS:-$top/../shared/peers}
work=$(mktemp -d "${TMPDIR:-/tmp}/glimpse-keystone.XXXXXX")
# The database runs as a user of its own, whose directory is below.
chmod 711 "$work"
port=${PORT:-19492}
url=http://127.0.0.1:$port
export PEERS_STATE=$work/peers KEYSTONE_PORT=$((port + 1)) DB_PORT=$((port + 2)) MEMCACHED_PORT=$((port + 3)) IMAGE_URL=$url
web_port=$((port + 4))
keystone=http://127.0.0.1:$KEYSTONE_PORT/v3
export ADMIN_PASS=test-admin SERVICE_PASS=test-glance DEMO_PASS=test-demo
# The stock client keeps schemas in its home; those of another service there would break it.
export HOME=$work GOCACHE=$work/go-cache GOPATH=$work/go
data=$work/data
# How long an answer of Keystone is believed here, and how long it may take.
cache=8
timeout=3
# shellcheck source=test/support/check.sh
. "$top/test/support/check.sh"
# shellcheck source=test/support/processes.sh
. "$top/test/support/processes.sh"

counted() { # counted COMMAND...: one that prints lines as check does
  local code
  "$@" >"$work/counted" 2>"$work/err"
  code=$?
  cat "$work/counted"
  passed=$((passed + $(grep -c '^ok ' "$work/counted")))
  failed=$((failed + $(grep -c '^FAIL ' "$work/counted")))
  if [ "$code" -ne 0 ] && ! grep -q '^FAIL ' "$work/counted"; then
    failed=$((failed + 1))
    echo "FAIL $* ends with $code"
    sed 's/^/     /' "$work/err" | tail -n 20
  fi
}

nothing_is_left() { # no process of the cloud, and nobody at its ports
  local file
  for file in "$PEERS_STATE"/run/*.pid; do [ ! -e "$file" ] || return 1; done
  ! ss -ltnH "( sport >= :$port and sport <= :$web_port )" | grep -q .
}

finish() {
  end "${server:-}"
  end "${web:-}"
  keystone_signal CONT
  "$peers/down" >/dev/null 2>&1
  check "nothing is left running" nothing_is_left
  # Modules are kept read-only.
  chmod -R u+w "$work" && rm -rf "$work"
  echo "keystone: $passed passed, $failed failed, 0 skipped"
  [ "$failed" -eq 0 ]
}
trap 'finish; exit $?' EXIT

shows() { # shows WORDS COMMAND...: in what it says, whether or not it succeeds
  "${@:2}" 2>&1 | tee "$work/said" | grep -q "$1" || { cat "$work/said" && return 1; }
}

start_keystone() { "$peers/keystone-up" >"$work/keystone-up.log" 2>&1 || { cat "$work/keystone-up.log" && return 1; }; }
keystone_pid() { cat "$PEERS_STATE/run/keystone.pid" 2>/dev/null; }
# Each peer is the leader of a group of its own.
keystone_signal() { kill "-$1" -- "-$(keystone_pid)" 2>/dev/null; }
stop_keystone() {
  local pid
  pid=$(keystone_pid)
  keystone_signal TERM
  soon sh -c "! kill -0 $pid" && rm -f "$PEERS_STATE/run/keystone.pid"
}

start_glimpse() { # start_glimpse [SETTINGS]: those that come beside
  cat >"$work/glimpse.toml" <<TOML
[identity]
mode = "keystone"
auth_url = "http://127.0.0.1:$KEYSTONE_PORT"
public_auth_url = "http://localhost:$KEYSTONE_PORT/v3"
username = "glance"
project_name = "service"
secret_file = "secret"
cache_seconds = $cache
timeout_seconds = $timeout
[locations]
show_multiple_locations = true
[[stores]]
id = "file"
type = "file"
[[stores]]
id = "web"
type = "http"
allow = ["127.0.0.1"]
${1:-}
TOML
  (umask 077 && echo "$SERVICE_PASS" >"$work/secret")
  start_server "$port" --config "$work/glimpse.toml" --log-level warn
}

as() { # as NAME COMMAND...: one of the users
  local who=$1 user=$1 project=demo pass=$DEMO_PASS
  shift
  case $who in
    admin) project=admin pass=$ADMIN_PASS ;;
    glance) project=service pass=$SERVICE_PASS ;;
    reader) user=demo_reader ;;
    alt) user=alt_demo project=alt_demo ;;
    outsider) project=outside ;;
  esac
  env OS_AUTH_URL="$keystone" OS_IDENTITY_API_VERSION=3 OS_IMAGE_API_VERSION=2 OS_REGION_NAME=RegionOne \
    OS_USER_DOMAIN_ID=default OS_PROJECT_DOMAIN_ID=default OS_USERNAME="$user" OS_PASSWORD="$pass" OS_PROJECT_NAME="$project" "$@"
}

make_people() {
  as admin openstack role create auditor && as admin openstack project create outside &&
    as admin openstack user create --password "$DEMO_PASS" outsider && as admin openstack user create --password "$DEMO_PASS" nobody &&
    as admin openstack role add --user outsider --project outside member &&
    as admin openstack role add --user nobody --project demo auditor &&
    as admin openstack role add --user admin --domain default admin &&
    as admin openstack role add --user admin --system all admin
}

# A token without a client's start of a second and more.
token_of() { # token_of USER PASSWORD PROJECT
  curl -fs -D - -o /dev/null -H 'Content-Type: application/json' "$keystone/auth/tokens" -d '{"auth": {"identity": {"methods": ["password"],
    "password": {"user": {"name": "'"$1"'", "domain": {"id": "default"}, "password": "'"$2"'"}}},
    "scope": {"project": {"name": "'"$3"'", "domain": {"id": "default"}}}}}' | sed -n 's/^X-Subject-Token: //Ip' | tr -d '\r'
}
status_of() { # status_of TOKEN CURL-OPTIONS...: of a list of images
  curl -s -o "$work/body" -w '%{http_code}' -H "X-Auth-Token: $1" "${@:2}" "$url/v2/images"
}
gives() { # gives STATUS TOKEN CURL-OPTIONS...
  local got
  got=$(status_of "${@:2}")
  [ "$got" = "$1" ] || { echo "$got" && cat "$work/body" && return 1; }
}
revoke() { curl -fs -X DELETE -H "X-Auth-Token: $1" -H "X-Subject-Token: $1" "$keystone/auth/tokens"; }

ends_in_time() { # ends_in_time TOKEN [OTHERS [STATUS]]: a 401 within the promised delay, give or take a second, whatever others are shown
  local began
  began=$(date +%s%N)
  while :; do
    [ -z "${2:-}" ] || gives 200 "$2" || return 1
    [ "$(status_of "$1")" != "${3:-401}" ] || return 0
    [ $(($(date +%s%N) - began)) -lt $(((cache + 1) * 1000000000)) ] || return 1
    sleep 0.1
  done
}

lists() { as "$1" glance image-list | grep -q "$2"; }
lists_not() { # and does list
  local list
  list=$(as "$1" glance image-list) && ! grep -q "$2" <<<"$list"
}

with_glance() {
  local id
  check "glance: an image is created with its data" as demo glance image-create --name glance --file "$work/disk.raw" --disk-format raw --container-format bare
  id=$(id_of)
  check "glance: the project's reader lists it" lists reader "$id"
  check "glance: another project does not" lists_not alt "$id"
  check "glance: it is shared" as demo glance member-create "$id" "$alt"
  check "glance: the other project accepts" as alt glance member-update "$id" "$alt" accepted
  check "glance: and lists it" lists alt "$id"
  check "glance: a third project does not" lists_not outsider "$id"
  check "glance: an administrator lists it" lists admin "$id"
  check "glance: the owner lists who it is shared with" shows accepted as demo glance member-list --image-id "$id"
  check "glance: a tag is set" as demo glance image-tag-update "$id" blue
  check "glance: a property is set" as demo glance image-update "$id" --property os_type=linux
  check "glance: a reader may not" shows 403 as reader glance image-update "$id" --property os_type=bsd
  check "glance: the property is there" shows linux as demo glance image-show "$id"
  check "glance: and the tag" shows blue as demo glance image-show "$id"
  check "glance: it is deactivated" as demo glance image-deactivate "$id"
  check "glance: then it is not downloaded" shows 403 as alt glance image-download "$id" --file "$work/back"
  check "glance: it is reactivated" as demo glance image-reactivate "$id"
  check "glance: the other project downloads it" as alt glance image-download "$id" --file "$work/back"
  check "glance: what came back is what went in" cmp "$work/disk.raw" "$work/back"
  check "glance: it is no longer shared" as demo glance member-delete "$id" "$alt"
  check "glance: it is deleted" as demo glance image-delete "$id"
  check "glance: it is gone" shows "HTTP 404\|No image found" as demo glance image-show "$id"
}

with_openstack() {
  local id
  check "openstack: an image is created with its data" as demo openstack image create os --file "$work/disk.raw" --disk-format raw --container-format bare --property os_type=linux --tag red
  id=$(id_of)
  check "openstack: it is shared" as demo openstack image add project "$id" "$alt"
  check "openstack: the other project accepts" as alt openstack image set --accept "$id"
  check "openstack: and lists it" shows "$id" as alt openstack image list --shared -f value
  check "openstack: the owner lists who it is shared with" shows accepted as demo openstack image member list "$id" -f value
  check "openstack: name, tags and properties are changed" as demo openstack image set --name renamed --tag blue --property os_distro=debian "$id"
  check "openstack: a tag is taken away" as demo openstack image unset --tag red "$id"
  check "openstack: the name is there" shows renamed as demo openstack image show "$id"
  check "openstack: and the tag" shows "$id" as demo openstack image list --tag blue -f value
  check "openstack: only an administrator makes it public" shows 403 as demo openstack image set --public "$id"
  check "openstack: who does" as admin openstack image set --public "$id"
  check "openstack: then everybody lists it" shows "$id" as outsider openstack image list --public -f value
  check "openstack: it is deactivated" as demo openstack image set --deactivate "$id"
  check "openstack: and activated" as demo openstack image set --activate "$id"
  check "openstack: others save it" as outsider openstack image save --file "$work/back" "$id"
  check "openstack: what came back is what went in" cmp "$work/disk.raw" "$work/back"
  check "openstack: an administrator makes it shared again" as admin openstack image set --shared "$id"
  check "openstack: it is no longer shared with the project" as demo openstack image remove project "$id" "$alt"
  check "openstack: it is deleted" as demo openstack image delete "$id"
}

with_locations() {
  local id where=http://127.0.0.1:$web_port/disk.raw token
  mkdir "$work/web" && cp "$work/disk.raw" "$work/web/"
  (cd "$work/web" && exec /usr/bin/python3 -m http.server "$web_port" --bind 127.0.0.1) >/dev/null 2>&1 &
  web=$!
  soon curl -fs -o /dev/null "$where"
  # Not by a client: those take their standard input for the data.
  queued() { curl -fs -X POST -H "X-Auth-Token: $token" -d '{"name": "web", "disk_format": "raw", "container_format": "bare"}' "$url/v2/images" |
    sed -nE 's/.*"id": ?"([0-9a-f-]{36})".*/\1/p'; }
  token=$(token_of demo "$DEMO_PASS" demo)
  id=$(queued)
  check "glance: a reader may not say where its data is" shows 403 as reader glance location-add "$id" --url "$where"
  check "glance: the owner does" as demo glance location-add "$id" --url "$where"
  check "glance: the image is active and says where" shows "\"url\": \"http" as demo glance image-show "$id"
  check "glance: its data is downloaded from there" as demo glance image-download "$id" --file "$work/back"
  check "glance: what came back is what is there" cmp "$work/disk.raw" "$work/back"
  check "glance: a member may not take a location out" shows 403 as demo glance location-delete "$id" --url "$where"
  check "glance: nor an administrator the last one" shows 403 as admin glance location-delete "$id" --url "$where"
  locations() { curl -s -w ' %{http_code}' -H "X-Auth-Token: $token" "$@" "$url/v2/images/$id/locations"; }
  check "a user is not told the locations of an image" shows ' 403$' locations
  check "a service that comes for the user is" shows "$where.* 200$" locations -H "X-Service-Token: $(token_of glance "$SERVICE_PASS" service)"
  check "glance: it is deleted" as demo glance image-delete "$id"
  id=$(queued)
  check "the owner adds a location by the calls for that" shows ' 202$' locations -X POST -d '{"url": "'"$where"'", "validation_data":
    {"os_hash_algo": "sha512", "os_hash_value": "'"$(sha512sum <"$work/disk.raw" | cut -d' ' -f1)"'"}}'
  check "and it is active when its data was read" soon shows active as demo glance image-show "$id"
  check "with the checksum of what is there" shows "$(md5sum <"$work/disk.raw" | cut -d' ' -f1)" as demo glance image-show "$id"
  check "glance: it is deleted" as demo glance image-delete "$id"
  check "what the web server has stays" curl -fs -o /dev/null "$where"
}

with_a_profile() { # all that a client is told, but who asks, is one line
  cat >"$work/clouds.yaml" <<YAML
clouds:
  ring:
    profile: $url
    auth: {username: demo, password: $DEMO_PASS, project_name: demo, user_domain_id: default, project_domain_id: default}
YAML
  check "openstack: a profile of one line is enough" env OS_CLIENT_CONFIG_FILE="$work/clouds.yaml" openstack --os-cloud ring image list
}

with_application_credentials() {
  local id secret
  as demo openstack application credential create ring --role member --role reader -f value -c id -c secret >"$work/ac" || return 1
  { read -r id && read -r secret; } <"$work/ac"
  with_credential() { env OS_AUTH_URL="$keystone" OS_AUTH_TYPE=v3applicationcredential OS_APPLICATION_CREDENTIAL_ID="$id" \
    OS_APPLICATION_CREDENTIAL_SECRET="$secret" OS_IMAGE_API_VERSION=2 OS_IDENTITY_API_VERSION=3 OS_REGION_NAME=RegionOne "$@"; }
  check "an application credential creates" with_credential openstack image create ac --file "$work/disk.raw" --disk-format raw --container-format bare
  check "and lists" with_credential openstack image list
  check "and deletes" with_credential openstack image delete ac
  as demo openstack application credential create ruled --role member --role reader \
    --access-rules '[{"service": "image", "method": "GET", "path": "/v2/images"}]' -f value -c id -c secret >"$work/ac" || return 1
  { read -r id && read -r secret; } <"$work/ac"
  check "one with access rules, which nobody here would hold it to, is a 401" gives 401 "$(with_credential openstack token issue -f value -c id)"
}

answers() { # answers STATUS TOKEN CURL-OPTIONS...
  local got
  got=$(curl -s -o "$work/body" -w '%{http_code}' -H "X-Auth-Token: $2" "${@:3}")
  [ "$got" = "$1" ] || { echo "$got" && cat "$work/body" && return 1; }
}
new_image() { # new_image STATUS TOKEN: a queued one, or a refusal
  answers "$@" -X POST -d '{"disk_format": "raw", "container_format": "bare"}' "$url/v2/images"
}
new_id() { sed -nE 's/.*"id": ?"([0-9a-f-]{36})".*/\1/p' "$work/body"; }
upload() { # upload STATUS TOKEN ID CURL-OPTIONS...: of disk.raw
  answers "$1" "$2" -T "$work/disk.raw" -H 'Content-Type: application/octet-stream' "${@:4}" "$url/v2/images/$3/file"
}
usage_has() { answers 200 "$2" "$url/v2/info/usage" && tr -d ' ' <"$work/body" | grep -q "$1" || { cat "$work/body" && return 1; }; }
limit() { as admin openstack limit create --service glance --region RegionOne --project outside --resource-limit "$2" "$1"; }

with_unified_limits() { # the project "outside" may have two images and 4 MiB; disk.raw is 3 MB
  local name token first second bounded=$'[quotas]\nuse_keystone_limits = true'
  end "$server"
  check "Glimpse serves with Keystone's limits" start_glimpse "$bounded"
  token=$(token_of outsider "$DEMO_PASS" outside)
  check "whose user may not ask for limits: a 503" new_image 503 "$token"
  check "it becomes a reader of the system" as admin openstack role add --user glance --system all reader
  for name in image_size_total image_stage_total image_count_total image_count_uploading; do
    check "$name is registered" as admin openstack registered limit create --service glance --region RegionOne --default-limit 1000 "$name"
  done
  check "a project has a limit of images of its own" limit image_count_total 2
  check "and of bytes" limit image_size_total 4
  end "$server"
  # Its token is anew then, and tells that it is a reader.
  check "Glimpse serves as that reader" start_glimpse "$bounded"
  check "the project has an image" new_image 201 "$token"
  first=$(new_id)
  check "and another" new_image 201 "$token"
  second=$(new_id)
  check "a third is too many" new_image 413 "$token"
  check "bytes that fit are taken" upload 204 "$token" "$first"
  check "those that do not are a 413" upload 413 "$token" "$second"
  check "also when their number is not told" upload 413 "$token" "$second" -H 'Transfer-Encoding: chunked'
  check "the project is told its limits and what it uses" usage_has '"image_size_total":{"usage":2,"limit":4}' "$token"
  check "others have the registered ones" usage_has '"image_count_total":{"usage":[0-9]*,"limit":1000}' "$(token_of demo "$DEMO_PASS" demo)"
  token=$(token_of outsider "$DEMO_PASS" outside)
  check "an image goes" answers 204 "$token" -X DELETE "$url/v2/images/$first"
  keystone_signal STOP
  check "and makes room for one, also while Keystone hangs" new_image 201 "$token"
  keystone_signal CONT
  end "$server"
  check "Glimpse serves with its own limits again" start_glimpse
}

with_tokens() {
  local token service old others
  check "a 401 names the public address of Keystone" \
    shows "^www-authenticate: Keystone uri=\"http://localhost:$KEYSTONE_PORT/v3\"" curl -si -H 'X-Auth-Token: x' "$url/v2/images"
  check "nothing is served under /identity" test "$(curl -s -o /dev/null -w '%{http_code}' "$url/identity/v3")" = 404
  token=$(token_of demo "$DEMO_PASS" demo)
  # Of the same project: what it lists is what the others list, and there is a copy of it.
  others=$(token_of demo_reader "$DEMO_PASS" demo)
  check "a token is good" gives 200 "$token"
  check "it is revoked" revoke "$token"
  check "and ends within the promised delay, while others are shown the same page" ends_in_time "$token" "$others"
  check "somebody gets a role that may list" as admin openstack role add --user nobody --project demo reader
  token=$(token_of nobody "$DEMO_PASS" demo)
  check "and lists" gives 200 "$token"
  check "the role is taken away" as admin openstack role remove --user nobody --project demo reader
  check "and its token, which has another, is a 403 within the promised delay, while others are shown the same page" ends_in_time "$token" "$others" 403
  token=$(token_of nobody "$DEMO_PASS" demo)
  check "a token without a role that may list is a 403" gives 403 "$token"
  check "its role is taken away" as admin openstack role remove --user nobody --project demo auditor
  check "and it ends within the promised delay" ends_in_time "$token"
  check "the user of this service is disabled, which ends its tokens" as admin openstack user set --disable glance
  check "and enabled again" as admin openstack user set --enable glance
  check "and it gets another" gives 200 "$(token_of demo "$DEMO_PASS" demo)"

  # From here on Keystone gives tokens that are good for a few seconds.
  sed -i 's/^expiration = .*/expiration = 6/' "$PEERS_STATE/keystone/keystone.conf"
  # Its master starts everything anew.
  kill -HUP "$(keystone_pid)"
  check "Keystone gives short tokens" soon gives_short_tokens
  old=$(token_of demo "$DEMO_PASS" demo)
  check "a short token is good" gives 200 "$old"
  check "and ends at its time, though it is remembered" ends_in_time "$old"
  service=$(token_of glance "$SERVICE_PASS" service)
  check "with a service's token it is good again" gives 200 "$old" -H "X-Service-Token: $service"
  check "with a user's it is not" gives 401 "$old" -H "X-Service-Token: $(token_of alt_demo "$DEMO_PASS" alt_demo)"
  check "nor alone" gives 401 "$old"
  check "nor is a good one with a service's token that has ended" ends_with_service "$service"
}

ends_with_service() { # ends_with_service SERVICE-TOKEN: which is a few seconds old
  for _ in $(seq 100); do
    [ "$(status_of "$(token_of demo "$DEMO_PASS" demo)" -H "X-Service-Token: $1")" = 401 ] && return 0
    sleep 0.1
  done
  return 1
}

gives_short_tokens() { # the end of a new token is less than a minute away
  local ends
  ends=$(as demo openstack token issue -f value -c expires) && [ $(($(date -d "$ends" +%s) - $(date +%s))) -lt 60 ]
}

promptly() { # promptly SECONDS STATUS TOKEN: what it answers, and how soon
  local began got
  began=$(date +%s%N)
  got=$(status_of "$3")
  [ "$got" = "$2" ] && [ $(($(date +%s%N) - began)) -lt $(($1 * 1000000000)) ] || { echo "$got" && cat "$work/body" && return 1; }
}

with_outages() {
  local known new
  new=$(token_of alt_demo "$DEMO_PASS" alt_demo)
  known=$(token_of demo "$DEMO_PASS" demo)
  check "a token is known" gives 200 "$known"
  check "Keystone is stopped" stop_keystone
  check "what is known is served while Keystone is away" gives 200 "$known"
  check "what is not is a 503, at once" promptly 2 503 "$new"
  check "which says what is away" grep -q 'The identity service cannot be asked right now' "$work/body"
  check "what was known is a 503 when its time is over" soon gives 503 "$known"
  check "the health check is about this service alone" curl -fs "$url/healthcheck"
  check "Keystone is started again" start_keystone
  check "and what was known is served" gives 200 "$known"
  check "and what is new" gives 200 "$new"
  new=$(token_of demo "$DEMO_PASS" demo)
  keystone_signal STOP
  check "a Keystone that hangs is a 503 in time" promptly $((timeout + 2)) 503 "$new"
  timeout 0.5 curl -s -o /dev/null -H "X-Auth-Token: $new" "$url/v2/images"
  check "and who asks after a client that went away waits no longer" promptly $((timeout + 3)) 503 "$new"
  keystone_signal CONT
  check "and all is well when it goes on" soon gives 200 "$new"
  check "the log names no token" sh -c "! grep -qE 'gAAAA|$SERVICE_PASS' $work/server.log"
}

check "a real Keystone serves" start_keystone
check "Glimpse serves, in its catalogue" start_glimpse
[ "$failed" -eq 0 ] || exit 1
check "there are people of every kind" make_people
alt=$(as admin openstack project show alt_demo -f value -c id)
head -c 3000000 /dev/urandom >"$work/disk.raw"
with_glance
with_openstack
with_locations
with_a_profile
counted as demo env PASSWORD="$DEMO_PASS" /usr/bin/python3 "$here/sdk.py"
check "gophercloud's program is built" go -C "$here/gophercloud" build -buildvcs=false -mod=readonly -o "$work/gophercloud" .
counted as demo env ALT_USERNAME=alt_demo ALT_PROJECT_NAME=alt_demo \
  ALT_PROJECT_ID="$alt" "$work/gophercloud"
with_application_credentials
with_unified_limits
with_outages
with_tokens
