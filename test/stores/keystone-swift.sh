# For stores.sh: the OpenStack Swift that runs already, which lets in whoever a real Keystone does: a second proxy server before
# the same storage. Starts Keystone by the scripts in ../shared/peers (or PEERS). Listens on PORT to PORT + 3.
# shellcheck shell=bash
peers=${PEERS:-$top/../shared/peers}
port=${PORT:-19692}
keystone=http://127.0.0.1:$((port + 1))/v3
proxy_pid=

in_peers() { # in_peers SCRIPT...: with a state and ports of our own
  PEERS_STATE=$work/peers KEYSTONE_PORT=$((port + 1)) DB_PORT=$((port + 2)) MEMCACHED_PORT=$((port + 3)) "$@"
}

# swift-up's own settings, but for who lets in. What Keystone says is asked for each request: nothing revoked stays good.
proxy_settings() {
  sed -e "s/^bind_port = .*/bind_port = $port/" -e 's/ tempauth / authtoken keystoneauth /' "$SWIFT_TEST_DIR/etc/proxy-server.conf"
  cat <<CONF
[filter:authtoken]
paste.filter_factory = keystonemiddleware.auth_token:filter_factory
www_authenticate_uri = $keystone
auth_url = $keystone
auth_type = password
user_domain_id = default
project_domain_id = default
project_name = service
username = glance
password = test-glance
delay_auth_decision = true
token_cache_time = -1
[filter:keystoneauth]
use = egg:swift#keystoneauth
operator_roles = member
CONF
}

as_user() { # as_user OPENRC COMMAND...: whatever openstack prints, of one column bare
  # shellcheck disable=SC1090
  (. "$work/peers/$1" && shift && exec openstack "$@")
}

in_catalogue() {
  as_user openrc service create --name swift object-store >/dev/null &&
    as_user openrc endpoint create --region RegionOne object-store public "http://127.0.0.1:$port/v1/AUTH_%(project_id)s" >/dev/null
}

start_keystone_swift() { # writes keystone.env, as swift-up does
  chmod 711 "$work"
  in_peers "$peers/keystone-up" >/dev/null && in_catalogue || return 1
  (umask 077 && proxy_settings >"$work/proxy-server.conf")
  swift-proxy-server "$work/proxy-server.conf" -v >"$work/proxy-server.log" 2>&1 </dev/null &
  proxy_pid=$!
  for _ in $(seq 150); do
    curl -fs -m 5 -o /dev/null "http://127.0.0.1:$port/healthcheck" && break
    kill -0 "$proxy_pid" || { tail "$work/proxy-server.log" && return 1; }
    sleep 0.2
  done
  local lent
  lent=$(as_user openrc-demo application credential create glimpse -f value -c id -c secret) || return 1
  {
    printf 'SWIFT_AUTH_URL=%s\nSWIFT_USER=demo\nSWIFT_PROJECT=demo\nSWIFT_KEY=test-demo\nSWIFT_CONTAINER=glance-keystone\n' "$keystone"
    printf 'SWIFT_CREDENTIAL_ID=%s\nSWIFT_CREDENTIAL_SECRET=%s\n' "$(head -n 1 <<<"$lent")" "$(tail -n 1 <<<"$lent")"
  } >"$work/keystone.env"
}

end_keystone_swift() {
  if [ -n "$proxy_pid" ]; then kill -TERM "$proxy_pid" 2>/dev/null && wait "$proxy_pid" 2>/dev/null; fi
  in_peers "$peers/down" --wipe >/dev/null 2>&1
}
