#!/usr/bin/env bash
# The main job as a user does it, with each client in turn: keep a real image, find it, fetch it, delete it.
# Needs python3-glanceclient, python3-openstackclient and qemu-utils. Prints a line a check and the counts at the end.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/glimpse-walkthrough.XXXXXX")
port=${PORT:-19292}
door=http://127.0.0.1:$port
# The stock client keeps schemas in its home; those of another service there would break it.
export HOME=$work
data=$work/data
# shellcheck source=test/support/check.sh
. "$top/test/support/check.sh"
# shellcheck source=test/support/processes.sh
. "$top/test/support/processes.sh"
# shellcheck source=test/support/images.sh
. "$top/test/support/images.sh"

finish() {
  end "${server:-}"
  rm -rf "$work"
  echo "walkthrough: $passed passed, $failed failed, 0 skipped"
  [ "$failed" -eq 0 ]
}
trap 'finish; exit $?' EXIT

make_images() {
  # Files that are on any machine, then noise; a tail of zeros as disk images have.
  tar -cf - -C /usr lib 2>/dev/null | head -c $((256 * 1024 * 1024)) >"$work/content.raw"
  openssl enc -aes-128-ctr -pass pass:walkthrough -nosalt -pbkdf2 -in /dev/zero 2>/dev/null | head -c $((64 * 1024 * 1024)) >>"$work/content.raw"
  truncate -s 512M "$work/content.raw"
  qemu-img convert -f raw -O qcow2 "$work/content.raw" "$work/small.qcow2"
  openssl enc -aes-128-ctr -pass pass:large -nosalt -pbkdf2 -in /dev/zero 2>/dev/null | head -c $((3 * 1024 * 1024 * 1024)) >"$work/large.raw"
  truncate -s 4G "$work/large.raw"
  for file in "$work/small.qcow2" "$work/large.raw"; do
    sum md5sum <"$file" >"$file.md5"
    sum sha512sum <"$file" >"$file.sha512"
  done
}

hashes_match() { # hashes_match ID FILE
  is_whole "$1" "$(cat "$2.md5")" "$(cat "$2.sha512")" "$(stat -c %s "$2")"
}

is_absent() { [ "$(status_of "$door/v2/images/$1")" = 404 ]; }

no_bytes_left() { # the store lists nothing, soon after the last delete
  for _ in $(seq 50); do
    [ -z "$(find "$data/images" -type f 2>/dev/null)" ] && return 0
    sleep 0.2
  done
  find "$data/images" -type f
  return 1
}

with_glance() { # with_glance NAME COMMAND FILE FORMAT: image-create to image-delete
  local name=$1 glance=$2 file=$3 format=$4
  check "$name creates $format with --progress" $glance image-create --name test --file "$file" --disk-format "$format" --container-format bare --progress
  local id
  id=$(id_of)
  check "$name: the image is active, with the file's md5, sha512 and size" hashes_match "$id" "$file"
  check "$name: the file store holds the image under its id, byte for byte" cmp "$file" "$data/images/$id"
  check "$name lists it" sh -c "$glance image-list | grep -q $id"
  check "$name shows it" sh -c "$glance image-show $id | grep -q 'active'"
  check "$name downloads it" $glance image-download "$id" --file "$work/back" --progress
  check "$name: what came back is what went in" cmp "$file" "$work/back"
  check "$name updates it" $glance image-update "$id" --name renamed --property os_type=linux --min-disk 1
  check "$name: the update is there" sh -c "$glance image-show $id | grep -q renamed && $glance image-show $id | grep -q linux"
  check "$name deletes it" $glance image-delete "$id"
  check "$name: it is gone" is_absent "$id"
  check "$name creates from standard input of unknown length" sh -c "cat '$file' | $glance image-create --name piped --disk-format $format --container-format bare"
  id=$(id_of)
  check "$name: what was piped is active, with the right hashes" hashes_match "$id" "$file"
  check "$name deletes what was piped" $glance image-delete "$id"
  check "$name: no byte is left in the store" no_bytes_left
  rm -f "$work/back"
}

with_openstack() { # with_openstack FILE FORMAT
  local file=$1 format=$2
  check "openstack creates $format" openstack image create test --file "$file" --disk-format "$format" --container-format bare
  local id
  id=$(id_of)
  check "openstack: the image is active, with the file's md5, sha512 and size" hashes_match "$id" "$file"
  check "openstack lists it" sh -c "openstack image list -f value | grep -q $id"
  check "openstack shows it" sh -c "openstack image show $id -f value -c status | grep -qx active"
  check "openstack saves it" openstack image save --file "$work/back" "$id"
  check "openstack: what came back is what went in" cmp "$file" "$work/back"
  check "openstack sets a name, a property and a tag" openstack image set --name renamed --property os_type=linux --tag blue "$id"
  check "openstack: they are there" sh -c "openstack image show $id -f json | grep -q renamed && openstack image list --tag blue -f value | grep -q $id"
  check "openstack deletes it" openstack image delete "$id"
  check "openstack: it is gone" is_absent "$id"
  # It sends line by line, as lines lie in the noise: four minutes for the large image.
  [ "$format" = raw ] || openstack_piped "$file" "$format"
  check "openstack: no byte is left in the store" no_bytes_left
  rm -f "$work/back"
}

openstack_piped() { # openstack_piped FILE FORMAT
  local id
  check "openstack creates from standard input of unknown length" sh -c "cat '$1' | openstack image create piped --disk-format $2 --container-format bare"
  id=$(id_of)
  check "openstack: what was piped is active, with the right hashes" hashes_match "$id" "$1"
  check "openstack deletes what was piped" openstack image delete "$id"
}

into_r2() {
  local file=$work/small.qcow2 id
  check "glance creates in the store r2" glance image-create --name in-r2 --store r2 --file "$file" --disk-format qcow2 --container-format bare
  id=$(id_of)
  check "r2: the hashes are right" hashes_match "$id" "$file"
  check "r2: the image says where it is" test "$(field "$id" stores)" = r2
  check "r2: no file of that id is in the file store" test ! -e "$data/images/$id"
  check "r2: glance downloads it" glance image-download "$id" --file "$work/back"
  check "r2: what came back is what went in" cmp "$file" "$work/back"
  check "r2: glance deletes it" glance image-delete "$id"
  rm -f "$work/back"
}

by_profile() { # all that a client is told is where the service is, and who asks
  printf 'clouds:\n  mine:\n    profile: http://127.0.0.1:%s\n    auth: {username: %s, password: "%s", project_name: %s}\n' \
    "$port" "$OS_USERNAME" "$OS_PASSWORD" "$OS_PROJECT_NAME" >"$work/clouds.yaml"
  local openstack="env -i PATH=$PATH HOME=$work OS_CLIENT_CONFIG_FILE=$work/clouds.yaml openstack --os-cloud mine"
  check "openstack creates by the service's profile" $openstack image create by-profile --file "$work/small.qcow2" --disk-format qcow2 --container-format bare
  check "openstack lists by the service's profile" sh -c "$openstack image list -f value | grep -q by-profile"
  check "glimpse lists by the service's profile" sh -c "env -i PATH=$PATH HOME=$work OS_CLIENT_CONFIG_FILE=$work/clouds.yaml OS_CLOUD=mine $top/node_modules/.bin/glimpse image-list | grep -q by-profile"
  check "openstack deletes by the service's profile" $openstack image delete by-profile
}

other_project() { # a project with a member of its own, whom `as_other` then is
  check "openstack makes another project" sh -c "openstack project create other -f value -c id >'$work/other'"
  check "openstack makes a user of it" sh -c "openstack user create other --password 'a long enough one' && openstack role add --user other --project other member"
  other=$(cat "$work/other")
}

as_other() { OS_USERNAME=other OS_PASSWORD='a long enough one' OS_PROJECT_NAME=other "$@"; }
fails() { ! "$@"; }

sharing() { # sharing NAME COMMAND: an image goes to another project and comes back
  local name=$1 glance=$2 id
  check "$name creates what is to be shared" $glance image-create --name "of $name" --file "$work/small.qcow2" --disk-format qcow2 --container-format bare
  id=$(id_of)
  check "$name: the other project does not see it" fails as_other $glance image-show "$id"
  check "$name shares it" $glance member-create "$id" "$other"
  check "$name lists the member" sh -c "$glance member-list --image-id $id | grep -q '$other | pending'"
  check "$name: the other project sees it" as_other $glance image-show "$id"
  check "$name: its list does not have it yet" fails sh -c "OS_USERNAME=other OS_PASSWORD='a long enough one' OS_PROJECT_NAME=other $glance image-list | grep -q $id"
  check "$name accepts it" as_other $glance member-update "$id" "$other" accepted
  check "$name: now its list has it" sh -c "OS_USERNAME=other OS_PASSWORD='a long enough one' OS_PROJECT_NAME=other $glance image-list | grep -q $id"
  check "$name: the other project downloads it" as_other $glance image-download "$id" --file "$work/back"
  check "$name tags it" sh -c "$glance image-tag-update $id blue | grep -q blue"
  check "$name untags it" $glance image-tag-delete "$id" blue
  check "$name deactivates it" $glance image-deactivate "$id"
  check "$name: the other project cannot download it then" fails as_other $glance image-download "$id" --file "$work/back"
  check "$name reactivates it" $glance image-reactivate "$id"
  check "$name: the other project downloads it again" as_other $glance image-download "$id" --file "$work/back"
  check "$name takes it back" $glance member-delete "$id" "$other"
  check "$name: the other project sees it no more" fails as_other $glance image-show "$id"
  check "$name shows stores and usage" sh -c "$glance stores-info --detail && $glance usage"
  check "$name deletes what was shared" $glance image-delete "$id"
  rm -f "$work/back"
}

make_images
check "npm start serves" start_server "$port" --log-level warn
[ "$failed" -eq 0 ] || exit 1
# shellcheck disable=SC1091
. "$data/openrc"
token=$(openstack token issue -f value -c id)
check "a token is given" test -n "$token"
for image in small.qcow2:qcow2 large.raw:raw; do
  file=$work/${image%%:*}
  format=${image##*:}
  with_glance glance glance "$file" "$format"
  with_openstack "$file" "$format"
  with_glance glimpse "$top/node_modules/.bin/glimpse" "$file" "$format"
done
into_r2
other_project
sharing glance glance
sharing glimpse "$top/node_modules/.bin/glimpse"
by_profile
