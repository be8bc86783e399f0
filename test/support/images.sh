# For rings in bash: images by the raw API at `door`, with `token`; and what is put into them.

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
put() { status_of -X PUT -H 'Content-Type: application/octet-stream' "$@"; }

field_of() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
field() { api -f "$door/v2/images/$1" | field_of "$2"; }
is() { [ "$(field "$1" "$2")" = "$3" ]; }
create() { api -f -X POST "$door/v2/images" -d '{"name":"test","disk_format":"raw","container_format":"bare"}' | field_of id; }

is_whole() { # is_whole ID MD5 SHA512 SIZE
  is "$1" checksum "$2" && is "$1" os_hash_value "$3" && is "$1" size "$4" && is "$1" status active
}
