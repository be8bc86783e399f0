import { ABSENT, COMMUNITY, type Given, long, PATCH, PRIVATE, PUBLIC, type Row, type Step } from "../row.ts";

type More = Partial<Step> & { given?: Given };

/** `own` shares with `other`, which has not answered yet. */
const SHARED: Given = { members: { other: "pending" } };
const BETWEEN_TWO: Given = { members: { other: "pending", third: "accepted" } };

const add = (expect: number, what: string, more: More = {}): Row => ({
  row: `members-tags §1.1: ${expect} for ${what}`,
  given: {},
  send: "POST {image}/members",
  body: { member: "{other}" },
  expect,
  ...more,
});

const RECORD = { member_id: "{other}", image_id: "{id}", status: "pending", schema: "/v2/schemas/member" };
const NOT_SHARED: [string, Given][] = [
  ["private", PRIVATE],
  ["public", PUBLIC],
  ["community", COMMUNITY],
];

/** spec/members-tags.md section 1.1. */
const ADD: Row[] = [
  add(200, "the owner, with a record that is pending", {
    answer: { headers: { location: null }, body: RECORD },
  }),
  add(200, "an administrator, and still pending", { as: "admin", answer: { body: RECORD } }),
  add(200, "the owner that adds itself, and still pending", {
    body: { member: "{own}" },
    answer: { body: { member_id: "{own}", status: "pending" } },
  }),
  add(200, "a project that nobody knows", { body: { member: "nobody-{row}" } }),
  add(400, "no body", { body: undefined }),
  add(400, "malformed JSON", { body: "{" }),
  add(400, "a body that is no object", { body: [] }),
  add(400, "no member", { body: {} }),
  add(400, "a null member", { body: { member: null } }),
  add(400, "an empty member", { body: { member: "" } }),
  add(400, "a member that is no text [DEV]", { body: { member: 1 } }),
  add(400, "a member of 256 characters [DEV]", { body: { member: long(256) } }),
  add(400, "a member with a slash [DEV]", { body: { member: "a/b" } }),
  add(400, "a member of two dots [DEV]", { body: { member: ".." } }),
  add(403, "a project that it is shared with", {
    given: SHARED,
    as: "other member",
    body: { member: "{third}" },
  }),
  add(403, "a reader of the owning project", { as: "reader" }),
  ...NOT_SHARED.map(([visibility, given]) => add(403, `an image that is ${visibility}`, { given })),
  add(403, "another project, where it is public", { given: PUBLIC, as: "other member" }),
  add(404, "an image that is invisible", { as: "other member" }),
  add(404, "an image that is absent", { send: `POST ${ABSENT}/members` }),
  add(409, "a project that is a member already", { given: SHARED }),
  add(413, "one member more than the quota", {
    given: SHARED,
    body: { member: "{third}" },
    settings: { LIMITS: { imageMemberQuota: 1 } },
  }),
];

const list = (expect: number, what: string, more: More = {}): Row => ({
  row: `members-tags §1.2: ${expect} for ${what}`,
  given: BETWEEN_TWO,
  send: "GET {image}/members",
  expect,
  ...more,
});
const BOTH = { body: /"member_id":"(other|third).*"member_id":"(other|third)/ };

/** Section 1.2. */
const LIST: Row[] = [
  list(200, "the owner, all members", { answer: BOTH }),
  list(200, "a reader of the owning project, all members", { as: "reader", answer: BOTH }),
  list(200, "an administrator, all members", { as: "admin", answer: BOTH }),
  list(200, "a member project, its own record alone", {
    as: "other member",
    answer: { body: /^\{"members":\[\{[^}]*"other-of-[^}]*\}\],"schema":"\/v2\/schemas\/members"\}$/ },
  }),
  list(200, "an image without members", {
    given: {},
    answer: { body: { members: [], schema: "/v2/schemas/members" } },
  }),
  list(404, "anybody else", { given: SHARED, as: "third member" }),
  list(404, "an image that is absent", { send: `GET ${ABSENT}/members` }),
  ...NOT_SHARED.map(([visibility, given]) => list(403, `an image that is ${visibility}`, { given })),
  list(400, "a body", { body: "x" }),
];

const show = (expect: number, what: string, more: More = {}): Row => ({
  row: `members-tags §1.3: ${expect} for ${what}`,
  given: BETWEEN_TWO,
  send: "GET {image}/members/{other}",
  expect,
  ...more,
});

/** Section 1.3. */
const SHOW: Row[] = [
  show(200, "the owner", { answer: { body: RECORD } }),
  show(200, "the member itself", { as: "other reader", answer: { body: RECORD } }),
  show(200, "an administrator", { as: "admin" }),
  show(404, "a member that asks for another", { as: "third member" }),
  show(404, "no such member", { send: "GET {image}/members/nobody" }),
  show(404, "an image that is invisible", { given: SHARED, as: "third member" }),
  ...NOT_SHARED.map(([visibility, given]) =>
    show(404, `an image that is ${visibility}`, { given: { ...given, members: { other: "accepted" } } }),
  ),
  show(400, "a body", { body: "x" }),
];

const put = (expect: number, what: string, more: More = {}): Row => ({
  row: `members-tags §1.4: ${expect} for ${what}`,
  given: BETWEEN_TWO,
  as: "other member",
  send: "PUT {image}/members/{other}",
  body: { status: "accepted" },
  expect,
  ...more,
});

/** Section 1.4. */
const PUT: Row[] = [
  put(200, "the member that accepts", { answer: { body: { ...RECORD, status: "accepted" } } }),
  put(200, "the member that rejects", {
    body: { status: "rejected" },
    answer: { body: { status: "rejected" } },
  }),
  put(200, "the member that takes back its answer", {
    given: { members: { other: "rejected" } },
    body: { status: "pending" },
    answer: { body: { status: "pending" } },
  }),
  put(200, "an administrator", { as: "admin", answer: { body: { status: "accepted" } } }),
  put(400, "no body", { body: undefined }),
  put(400, "a body that is no object", { body: [] }),
  put(400, "no status", { body: {} }),
  put(400, "a status that is none", { body: { status: "maybe" } }),
  put(403, "the owner, on the member's behalf", { as: "member" }),
  put(403, "a reader of the member project", { as: "other reader" }),
  put(403, "another member", { as: "third member" }),
  put(403, "an image that is public", { given: { ...PUBLIC, members: { other: "pending" } } }),
  put(404, "an image that is invisible", { given: {} }),
  put(404, "no such member", { as: "admin", send: "PUT {image}/members/nobody" }),
];

const remove = (expect: number, what: string, more: More = {}): Row => ({
  row: `members-tags §1.5: ${expect} for ${what}`,
  given: BETWEEN_TWO,
  send: "DELETE {image}/members/{other}",
  expect,
  ...more,
});

/** Sections 1.5 and 1.6. */
const DELETE: Row[] = [
  remove(204, "the owner"),
  remove(204, "an administrator", { as: "admin" }),
  remove(400, "a body", { body: "x" }),
  remove(403, "the member itself", { as: "other member" }),
  remove(403, "a reader of the owning project", { as: "reader" }),
  remove(403, "an image that is private", { given: { ...PRIVATE, members: { other: "accepted" } } }),
  remove(404, "no such member", { send: "DELETE {image}/members/nobody" }),
  remove(404, "an image that is invisible", { given: SHARED, as: "third member" }),
  {
    row: "members-tags §1.5: 405 of a member names GET, PUT and DELETE",
    given: SHARED,
    send: "PATCH {image}/members/{other}",
    body: {},
    expect: 405,
    answer: { headers: { allow: /^(?=.*GET)(?=.*PUT)(?=.*DELETE)/ } },
  },
  {
    row: "members-tags §1.5: 405 of the members names GET and POST",
    given: SHARED,
    send: "DELETE {image}/members",
    expect: 405,
    answer: { headers: { allow: "GET, POST" } },
  },
  {
    row: "members-tags §1.6: members of an image that is not shared any more come back when it is",
    given: { members: { other: "accepted" } },
    steps: [
      { send: "GET {image}", as: "other member", expect: 200 },
      {
        send: "PATCH {image}",
        headers: PATCH,
        body: [{ op: "replace", path: "/visibility", value: "private" }],
        expect: 200,
      },
      { send: "GET {image}", as: "other member", expect: 404 },
      {
        send: "PATCH {image}",
        headers: PATCH,
        body: [{ op: "replace", path: "/visibility", value: "shared" }],
        expect: 200,
      },
      { send: "GET {image}", as: "other member", expect: 200 },
    ],
  },
  {
    row: "members-tags §1.6: a member that was removed sees the image no more",
    given: SHARED,
    steps: [
      { send: "DELETE {image}/members/{other}", expect: 204 },
      { send: "GET {image}", as: "other member", expect: 404 },
      { send: "GET {image}/members/{other}", expect: 404 },
    ],
  },
];

export const members: readonly Row[] = [...ADD, ...LIST, ...SHOW, ...PUT, ...DELETE];
