import { ABSENT, ACTIVE, DEACTIVATED, type Given, PATCH, PUBLIC, type Row, type Step } from "../row.ts";

type More = Partial<Step> & { given?: Given };

const action = (name: "deactivate" | "reactivate", expect: number, what: string, more: More = {}): Row => ({
  row: `data §4: ${expect} for ${name}, ${what}`,
  given: ACTIVE,
  send: `POST {image}/actions/${name}`,
  expect,
  ...more,
});

/** Section 4. */
export const actions: readonly Row[] = [
  action("deactivate", 204, "an active image", { answer: { body: "" }, after: { status: "deactivated" } }),
  action("deactivate", 204, "an image that is deactivated already", {
    given: DEACTIVATED,
    after: { status: "deactivated" },
  }),
  action("reactivate", 204, "a deactivated image", { given: DEACTIVATED, after: { status: "active" } }),
  action("reactivate", 204, "an image that is active already", { after: { status: "active" } }),
  action("deactivate", 204, "an administrator of another project", {
    as: "admin",
    after: { status: "deactivated" },
  }),
  ...(["deactivate", "reactivate"] as const).flatMap((name) => [
    action(name, 400, "a body", { body: "x", after: { status: "active" } }),
    ...["queued", "saving", "uploading", "importing"].map((status) =>
      action(name, 403, `an image that is ${status}`, { given: { columns: { status } }, after: { status } }),
    ),
    action(name, 403, "a reader", { as: "reader" }),
    action(name, 403, "another project, where it is public", {
      given: { ...ACTIVE, ...PUBLIC },
      as: "other member",
    }),
    action(name, 404, "an image that is invisible", { as: "other member" }),
    action(name, 404, "an image that is absent", { send: `POST ${ABSENT}/actions/${name}` }),
    {
      row: `data §4: 405 for GET of ${name}`,
      given: ACTIVE,
      send: `GET {image}/actions/${name}`,
      expect: 405,
      answer: { headers: { allow: "POST" } },
    } as Row,
  ]),
  {
    row: "data §4: the data of a deactivated image comes back with it",
    given: ACTIVE,
    steps: [
      { send: "POST {image}/actions/deactivate", expect: 204 },
      { send: "GET {image}/file", expect: 403 },
      { send: "POST {image}/actions/reactivate", expect: 204 },
      { send: "GET {image}/file", expect: 200, answer: { body: "ABCDEFGHI" } },
    ],
  },
  {
    row: "data §4: metadata of a deactivated image may change",
    given: DEACTIVATED,
    send: "PATCH {image}",
    headers: PATCH,
    body: [{ op: "replace", path: "/name", value: "x" }],
    expect: 200,
    after: { name: "x", status: "deactivated" },
  },
  {
    row: "data §4: a deactivated image may be deleted",
    given: DEACTIVATED,
    send: "DELETE {image}",
    expect: 204,
    after: "gone",
  },
];
