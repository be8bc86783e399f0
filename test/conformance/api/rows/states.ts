import { ACTIVE, OCTETS, PATCH, type Row } from "../row.ts";
import { op } from "./images-patch.ts";

const in_ = (status: string) => ({ columns: { status } });

/** spec/states.md. All pairs of a status and an event are in src/domain/status.test.ts, failures while bytes move in test/e2e. */
export const states: readonly Row[] = [
  ...["queued", "saving", "uploading", "importing"].map(
    (status): Row => ({
      row: `states §1: what is ${status} has no data, 204`,
      given: in_(status),
      send: "GET {image}/file",
      expect: 204,
    }),
  ),
  { row: "states §1: what is active is read", given: ACTIVE, send: "GET {image}/file", expect: 200 },
  {
    row: "states §1: what is deactivated is read by administrators alone",
    given: { ...ACTIVE, ...in_("deactivated") },
    steps: [
      { send: "GET {image}/file", expect: 403 },
      { as: "admin", send: "GET {image}/file", expect: 200 },
    ],
  },
  ...["pending_delete", "deleted"].map(
    (status): Row => ({
      row: `states §1: what is ${status} is 404`,
      given: status === "deleted" ? { fate: "deleted" } : in_(status),
      as: "admin",
      send: "GET {image}/file",
      expect: 404,
    }),
  ),
  {
    row: "states §2: queued, saving, active",
    given: {},
    send: "PUT {image}/file",
    headers: OCTETS,
    body: "x",
    expect: 204,
    after: { status: "active" },
  },
  {
    row: "states §2: saving goes back to queued and forgets its size",
    given: {},
    send: "PUT {image}/file",
    headers: { ...OCTETS, "x-openstack-image-size": "9" },
    body: "x",
    chunked: true,
    expect: 400,
    after: { status: "queued", size: null, virtual_size: null },
  },
  {
    row: "states §2: active needs both formats",
    given: { fields: { container_format: null } },
    send: "PUT {image}/file",
    headers: OCTETS,
    body: "x",
    expect: 400,
    after: { status: "queued" },
  },
  ...["saving", "uploading", "importing", "active", "deactivated"].map(
    (status): Row => ({
      row: `states §4: an upload to what is ${status} is 409`,
      given: in_(status),
      send: "PUT {image}/file",
      headers: OCTETS,
      body: "x",
      expect: 409,
      after: { status },
    }),
  ),
  {
    row: "states §4: DELETE while saving is 204",
    given: in_("saving"),
    send: "DELETE {image}",
    expect: 204,
    after: "gone",
  },
  {
    row: "states §4: DELETE while importing is 204",
    given: in_("importing"),
    send: "DELETE {image}",
    expect: 204,
    after: "gone",
  },
  {
    row: "states §4: a patch while saving is 200",
    given: in_("saving"),
    send: "PATCH {image}",
    headers: PATCH,
    body: [op("replace", "/name", "x")],
    expect: 200,
    after: { name: "x", status: "saving" },
  },
  {
    row: "states §4: disk_format while saving is 403",
    given: in_("saving"),
    send: "PATCH {image}",
    headers: PATCH,
    body: [op("replace", "/disk_format", "iso")],
    expect: 403,
  },
  {
    row: "states §4: a download while saving is 204",
    given: in_("saving"),
    send: "GET {image}/file",
    expect: 204,
  },
];
