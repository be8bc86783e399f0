#!/usr/bin/env bash
# The stores against the servers that they are for: Ceph's radosgw, OpenStack's Swift, and the simulated R2. Starts them by
# the scripts in ../shared/services (or SERVICES), which install what they need; and Swift once more behind a real Keystone.
# Prints the table of stores and cases, and the counts at the end. A store of CONFORMANCE_REQUIRE that is not there is a
# failure. STORES_LARGE_BYTES is how much goes into and out of the product while its memory is watched. Arguments are
# vitest's: a file, or -t and a title.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
services=${SERVICES:-$top/../shared/services}
work=$(mktemp -d "${TMPDIR:-/tmp}/glimpse-stores.XXXXXX")
export CONFORMANCE_REQUIRE=${CONFORMANCE_REQUIRE:-r2,ceph-s3,ceph-swift,openstack-swift,openstack-swift-keystone}
# Servers that run already are used and left running.
export CEPH_TEST_DIR=${CEPH_TEST_DIR:-$work/ceph} SWIFT_TEST_DIR=${SWIFT_TEST_DIR:-$work/swift}
# shellcheck source=test/stores/keystone-swift.sh
. "$here/keystone-swift.sh"

finish() {
  end_keystone_swift
  case $CEPH_TEST_DIR in "$work"/*) "$services/ceph-down" >/dev/null 2>&1 ;; esac
  case $SWIFT_TEST_DIR in "$work"/*) "$services/swift-down" >/dev/null 2>&1 ;; esac
  if [ -s "$work/results.json" ]; then
    "$top/node_modules/.bin/node" "$here/table.node.ts" "$work/results.json"
    code=$?
  else
    echo "stores: 0 passed, 1 failed, 0 skipped"
    code=1
  fi
  rm -rf "$work"
  return "$code"
}
trap 'finish; exit $?' EXIT

started() { # started NAME: the env file of that service; nothing where it does not start
  "$services/$1-up" 2>"$work/$1.log" || { cat "$work/$1.log" >&2 && return 1; }
}

needs() { case ,$CONFORMANCE_REQUIRE, in *"$1"*) return 0 ;; *) return 1 ;; esac }

cd "$top" || exit 1
# Whatever does not start is missed by the suite.
if needs ,ceph-; then CEPH_ENV=$(started ceph) && export CEPH_ENV; fi
if needs ,openstack-; then SWIFT_ENV=$(started swift) && export SWIFT_ENV; fi

if needs ,openstack-swift-keystone; then
  if start_keystone_swift >"$work/keystone.log" 2>&1; then export KEYSTONE_SWIFT_ENV=$work/keystone.env; else cat "$work/keystone.log" >&2; fi
fi

# One file at a time: some look at all that a bucket holds.
PATH=$top/node_modules/.bin:$PATH vitest run --project stores --project stores-product --maxWorkers=1 --reporter=dot --reporter=json --outputFile.json="$work/results.json" \
  "$@"
