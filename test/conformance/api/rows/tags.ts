import { ABSENT, type Given, long, many, type Row, type Step } from "../row.ts";

type More = Partial<Step> & { given?: Given };

const TAGGED: Given = { fields: { tags: ["red"] } };
const tag = (verb: "PUT" | "DELETE", expect: number, what: string, more: More = {}): Row => ({
  row: `members-tags §2.${verb === "PUT" ? 1 : 2}: ${expect} for ${what}`,
  given: TAGGED,
  send: `${verb} {image}/tags/red`,
  expect,
  ...more,
});
const both = (expect: number, what: string, more: More): Row[] => [
  tag("PUT", expect, what, { send: "PUT {image}/tags/red", ...more }),
  tag("DELETE", expect, what, { send: "DELETE {image}/tags/red", ...more }),
];

/** Section 2. */
export const tags: readonly Row[] = [
  tag("PUT", 204, "a new tag", { given: {}, answer: { body: "" }, after: { tags: ["red"] } }),
  tag("PUT", 204, "a tag that is there", { after: { tags: ["red"] } }),
  tag("PUT", 204, "a tag of 255 characters", { given: {}, send: `PUT {image}/tags/${long(255)}` }),
  tag("PUT", 204, "a tag that is decoded once, blanks and case kept", {
    given: {},
    send: "PUT {image}/tags/%20R%C3%A9d%2525",
    after: { tags: [" Réd%25"] },
  }),
  tag("PUT", 400, "a tag of 256 characters", { send: `PUT {image}/tags/${long(256)}` }),
  tag("PUT", 400, "a character above U+FFFF [DEV]", { send: "PUT {image}/tags/%F0%9F%90%A7" }),
  tag("PUT", 404, "an encoded slash", { send: "PUT {image}/tags/a%2Fb" }),
  tag("PUT", 413, "the 129th tag", { given: { fields: { tags: Object.keys(many(128)) } } }),
  tag("PUT", 204, "a tag that is there, where there are 128", {
    given: { fields: { tags: Object.keys(many(128)) } },
    send: "PUT {image}/tags/p0",
  }),
  tag("DELETE", 204, "a tag that is there", { answer: { body: "" }, after: { tags: [] } }),
  tag("DELETE", 404, "a tag that is not there", {
    send: "DELETE {image}/tags/blue",
    after: { tags: ["red"] },
  }),
  tag("DELETE", 404, "a tag in another case", { send: "DELETE {image}/tags/Red", after: { tags: ["red"] } }),
  ...both(400, "a body", { body: "x" }),
  ...both(403, "another project, where it is public", {
    given: { fields: { tags: ["red"], visibility: "public" } },
    as: "other member",
    after: { tags: ["red"] },
  }),
  ...both(403, "a reader", { as: "reader" }),
  ...both(404, "an image that is invisible", { as: "other member" }),
  tag("PUT", 404, "an image that is absent", { send: `PUT ${ABSENT}/tags/red` }),
  tag("DELETE", 404, "an image that is absent", { send: `DELETE ${ABSENT}/tags/red` }),
  {
    row: "members-tags §2.2: 405 of a tag names PUT and DELETE",
    given: TAGGED,
    send: "GET {image}/tags/red",
    expect: 405,
    answer: { headers: { allow: "PUT, DELETE" } },
  },
  {
    row: "members-tags §2.2: both calls move updated_at",
    given: { columns: { updated_at: 0 } },
    steps: [
      { send: "PUT {image}/tags/red", expect: 204 },
      { send: "GET {image}", expect: 200, answer: { body: /"updated_at":"20[2-9]/ } },
    ],
  },
];
