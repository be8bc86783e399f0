import { ABSENT, ACTIVE, COMMUNITY, type Given, PRIVATE, PUBLIC, type Row } from "../row.ts";

const show = (expect: number, what: string, given: Given, more: Partial<Row> = {}): Row =>
  ({ row: `images §3: ${expect} for ${what}`, given, send: "GET {image}", expect, ...more }) as Row;

/** spec/images.md section 3. */
const SHOW: Row[] = [
  show(200, "its owner", {}),
  show(200, "a reader of the owning project", PRIVATE, { as: "reader" }),
  show(200, "an administrator, whatever the visibility", PRIVATE, { as: "admin" }),
  show(200, "anybody who reads, where it is public", PUBLIC, { as: "other reader" }),
  show(200, "anybody who reads, where it is community", COMMUNITY, { as: "other reader" }),
  ...(["pending", "accepted", "rejected"] as const).map((status) =>
    show(200, `a member whose status is ${status}`, { members: { other: status } }, { as: "other reader" }),
  ),
  show(200, "its owner where it is hidden", { fields: { os_hidden: true } }),
  show(404, "a project it is not shared with", {}, { as: "other member" }),
  show(404, "another project where it is private", PRIVATE, { as: "other member" }),
  show(
    404,
    "a member of an image that is private now",
    { ...PRIVATE, members: { other: "accepted" } },
    { as: "other member" },
  ),
  show(404, "a token without the role reader, never 403", PUBLIC, { as: "auditor" }),
  show(404, "an image that is deleted, administrator or not", { fate: "deleted" }, { as: "admin" }),
  show(
    404,
    "an image in pending_delete, administrator or not",
    { columns: { status: "pending_delete" } },
    { as: "admin" },
  ),
  { row: "images §3: 404 for an image that is absent", send: `GET ${ABSENT}`, expect: 404 },
  show(400, "a body", {}, { body: "x" }),
  show(
    200,
    "a query, which has no meaning",
    {},
    {
      send: "GET {image}?name=x&limit=nope",
      undescribed: "it has none",
    },
  ),
  { row: "images §3: 404 for an empty id", send: "GET /v2/images/", expect: 404 },
];

const remove = (expect: number, what: string, given: Given, more: Partial<Row> = {}): Row =>
  ({ row: `images §6: ${expect} for ${what}`, given, send: "DELETE {image}", expect, ...more }) as Row;

/** Section 6. 409, data in use in the back end, is the stores': src/routes/rbd-images.test.ts. */
const DELETE: Row[] = [
  remove(204, "its owner", {}, { after: "gone" }),
  remove(204, "an administrator of another project", {}, { as: "admin", after: "gone" }),
  ...["queued", "saving", "active", "uploading", "importing", "deactivated", "killed"].map((status) =>
    remove(204, `an image that is ${status}`, { columns: { status } }, { after: "gone" }),
  ),
  remove(204, "an image with data", ACTIVE, { after: "gone" }),
  remove(204, "an image whose data is gone from its store", { ...ACTIVE, fate: "lost" }, { after: "gone" }),
  remove(400, "a body", {}, { body: "x", after: { status: "queued" } }),
  remove(403, "a protected image", { fields: { protected: true } }, { after: { status: "queued" } }),
  remove(403, "a protected image, administrator or not", { fields: { protected: true } }, { as: "admin" }),
  remove(403, "an image that is visible and another's", PUBLIC, {
    as: "other member",
    after: { status: "queued" },
  }),
  remove(
    403,
    "an image that is shared with the caller",
    { members: { other: "accepted" } },
    { as: "other member" },
  ),
  remove(403, "a reader", {}, { as: "reader", after: { status: "queued" } }),
  remove(404, "an image that is invisible", {}, { as: "other member", after: { status: "queued" } }),
  remove(404, "an image that is deleted already", { fate: "deleted" }),
  { row: "images §6: 404 for an image that is absent", send: `DELETE ${ABSENT}`, expect: 404 },
  { row: "images §6: 404 for an empty id", send: "DELETE /v2/images/", expect: 404 },
  {
    row: "images §6: an image that was protected is deleted after it is not",
    given: { fields: { protected: true } },
    steps: [
      { send: "DELETE {image}", expect: 403 },
      {
        send: "PATCH {image}",
        headers: { "content-type": "application/openstack-images-v2.1-json-patch" },
        body: [{ op: "replace", path: "/protected", value: false }],
        expect: 200,
      },
      { send: "DELETE {image}", expect: 204, after: "gone" },
    ],
  },
];

export const imagesShowDelete: readonly Row[] = [...SHOW, ...DELETE];
