# A site whose store is a pool of Ceph, behind an edge that takes no body of more than 100 MB: stock clients come by the
# front door. Sourced by rbd.sh, which has started Ceph, and set `top` and `work`.

# As large as what is taken from a machine; RBD_GIB=1 is faster.
gib=${RBD_GIB:-4}
# How long Ceph may take to answer before an operation has failed.
patience=5

ceph_rbd() { rbd -c "$CEPH_CONF" "$@"; }
osd() { cat "$CEPH_TEST_DIR/run/osd.pid"; }
osd_goes_on() { kill -CONT "$(osd)"; }
fsid() { ceph -c "$CEPH_CONF" fsid; }

store_settings() {
  printf '[[stores]]\nid = "ceph"\ntype = "rbd"\nfsid = "%s"\nconf = "%s"\ntimeout_seconds = %s\n' "$(fsid)" "$CEPH_CONF" "$patience"
}

worker_settings() {
  printf '[transfers]\nlate_writer_seconds = 5\n[locations]\nshow_multiple_locations = true\n'
  store_settings
}

pool_has() { [ "$(ceph_rbd ls images | wc -l)" -eq "$1" ]; }
pool_is_empty() { [ -z "$(ceph_rbd ls images)$(ceph_rbd trash ls images)" ] || { ceph_rbd ls -l images && return 1; }; }

clone() { # clone ID FORMAT
  ceph_rbd --rbd-default-clone-format "$2" clone "images/$1@snap" images/machine
}

warns_of_nothing() { ! grep -hE '"level":"(warn|error)"' "$work/relay.log" "$work/server.log"; }

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
  wait $!
  check "the next one goes in at once" test "$(put -T "$work/disk.raw" "$door/v2/images/$id/file")" = 204
  check "it is what was sent" bash -c "cmp <(curl -sf -H 'X-Auth-Token: $token' $door/v2/images/$id/file) $work/disk.raw"
  (sleep 1 && kill -KILL $(pgrep -P "$relay")) &
  check "a download goes on when that is killed" bash -c "cmp <(curl -sf -H 'X-Auth-Token: $token' --limit-rate 100M $door/v2/images/$id/file) $work/disk.raw"
  wait $!
  check "what the first attempts have left goes by itself" soon pool_has 1
  check "the image is deleted" api -f -X DELETE "$door/v2/images/$id"
  check "nothing is left in the pool" soon pool_is_empty
}

site() {
  check "an edge serves that takes 100 MB" start_edge "$(worker_settings)"
  check "a relay serves its site from Ceph" start_relay "" "$(store_settings)"
  [ "$failed" -eq 0 ] || return
  # shellcheck disable=SC1091
  . "$data/openrc"
  export OS_AUTH_URL=$door/identity/v3
  token=$(openstack token issue -f value -c id)
  of_unknown_length
  of_known_length
  of_nova
  check "no log warns of what went well" warns_of_nothing
  of_outages
  check "of all that the edge has seen only control" edge_saw_only_control
}
