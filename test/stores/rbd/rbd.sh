#!/usr/bin/env bash
# A real Ceph, which the relay keeps images in. Starts it by the scripts in ../shared/services (or SERVICES), which install
# what they need. The counts are those of the closing line.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
services=${SERVICES:-$top/../shared/services}
work=$(mktemp -d "${TMPDIR:-/tmp}/glimpse-rbd.XXXXXX")
port=${PORT:-19592}
# Ceph takes a client that was killed for one that lives, for half a minute.
SOON_SECONDS=120
export CEPH_TEST_DIR=$work/ceph
export CEPH_TEST_MON_V2_PORT=${CEPH_TEST_MON_V2_PORT:-23310} CEPH_TEST_MON_V1_PORT=${CEPH_TEST_MON_V1_PORT:-26799}
export CEPH_TEST_RGW_PORT=${CEPH_TEST_RGW_PORT:-27490}
# shellcheck source=test/support/check.sh
. "$top/test/support/check.sh"
# shellcheck source=test/support/processes.sh
. "$top/test/support/processes.sh"
# shellcheck source=test/support/images.sh
. "$top/test/support/images.sh"
# shellcheck source=test/support/site.sh
. "$top/test/support/site.sh"
# shellcheck source=test/stores/rbd/site.sh
. "$here/site.sh"
# shellcheck source=test/stores/rbd/glance.sh
. "$here/glance.sh"

finish() {
  kill -CONT "$(osd)" 2>/dev/null
  end_site
  glance_env "$peers/down" --wipe >/dev/null 2>&1
  "$services/ceph-down" >/dev/null 2>&1
  rm -rf "$work"
  echo "rbd: $passed passed, $failed failed, 0 skipped"
  [ "$failed" -eq 0 ]
}
trap 'finish; exit $?' EXIT

counted() { # counted COMMAND...: a run of vitest, whose tests are counted one by one
  local code counts
  "$@" >"$work/tests" 2>&1
  code=$?
  cat "$work/tests"
  counts=$(sed 's/\x1b\[[0-9;]*m//g' "$work/tests" | grep -E '^ +Tests ')
  of() { # of WORD: the number that stands before it, or 0
    local number
    number=$(grep -oE "[0-9]+ $1" <<<"$counts" | cut -d' ' -f1)
    echo "${number:-0}"
  }
  passed=$((passed + $(of passed)))
  failed=$((failed + $(of failed)))
  [ "$code" -eq 0 ] || [ "$(of failed)" -gt 0 ] || failed=$((failed + 1))
}

cd "$top" || exit 1
CEPH_ENV=$("$services/ceph-up" 2>"$work/ceph.log") || { cat "$work/ceph.log"; failed=1; exit 1; }
export CEPH_ENV
set -a
# shellcheck disable=SC1090
. "$CEPH_ENV"
set +a
# An OSD without another never gets a read lease again that ran out while it was stopped: its placement groups stay laggy,
# and answer nobody. Of five minutes it does not run out.
ceph -c "$CEPH_CONF" config set osd osd_pool_default_read_lease_ratio 15
# The stock client keeps schemas in its home; those of another service there would break it.
HOME=$work site
end_site
with_glance
counted env PATH="$top/node_modules/.bin:$PATH" vitest run --project rbd
