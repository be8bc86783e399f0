/**
 * The tables of spec/ as data: a row for each line of a table of status codes, and for each rule beside them that a
 * client can see. Rows import nothing of the worker or of the test ring, so that scripts read them too: test/mutation
 * names rows that a broken rule must fail, scripts/compat.ts writes them into docs/glance-compat.md.
 */

/**
 * Who asks. Every row has projects of its own, so that none sees what another left: `own` is the project of the row's
 * images, `other` and `third` are strangers to it. A bare `admin` is one of a project that has nothing to do with any.
 */
export type As = Holder | "anonymous";
export type Holder = Role | `${"own" | "other" | "third"} ${Role}`;
/** `auditor` is a role that no rule knows. A bare role but `admin` is one on the row's own project. */
export type Role = "admin" | "member" | "reader" | "service" | "auditor";

/** An image that is there before the row's request. `{image}` is its path, `{id}` its id; `{image2}` is the second's. */
export interface Given {
  /** Of its `POST /v2/images`, over both formats. Public ones are made by an administrator, for `own`. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly by?: As;
  /** Uploaded to it. */
  readonly data?: string;
  readonly store?: string;
  /** Project of the row to the status of its membership. */
  readonly members?: Readonly<Record<string, "pending" | "accepted" | "rejected">>;
  /** Columns as another process of the service would have left them, written past the API. */
  readonly columns?: Readonly<Record<string, string | number | null>>;
  /** `lost`: its bytes are gone from every store. */
  readonly fate?: "deleted" | "lost";
}

export interface Step {
  readonly as?: As;
  /** Method and path. `{own}`, `{other}` and `{third}` are ids of projects here and in bodies; `{row}` is a text of the row's own. */
  readonly send: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** As JSON, or as it is when it is text. */
  readonly body?: unknown;
  /** Sent in chunks, without a length. */
  readonly chunked?: true;
  /** Whose token is the `X-Service-Token`. */
  readonly serviceToken?: Holder;
  /** Vars of the worker over those of the test ring. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly expect: number;
  /**
   * The service takes what the OpenAPI document does not offer, which clients made from it shall not send; and why. Of
   * every other request that succeeds the document must have each part.
   */
  readonly undescribed?: string;
  readonly answer?: {
    /** Null: the header is absent. */
    readonly headers?: Readonly<Record<string, string | RegExp | null>>;
    /** What the JSON has at least; text and patterns are of the text as it came. */
    readonly body?: unknown;
    /** Fields that the JSON does not have. */
    readonly without?: readonly string[];
    /** `name` of each image of a list, in order; `null` is shown as "-". */
    readonly names?: string;
  };
  /** What an administrator is shown of the (first) image afterwards; `gone` where there is none any more. */
  readonly after?: Readonly<Record<string, unknown>> | "gone";
}

export type Row = {
  /** `<page> §<section>: <what>`, unique and stable: mutations and docs/glance-compat.md refer to it. */
  readonly row: string;
  readonly given?: Given | readonly Given[];
} & (Step | { readonly steps: readonly Step[] });

export const long = (length: number): string => "a".repeat(length);
/** Names p0, p1, … and so on, each with the value. */
export const many = (count: number, value = "v"): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, value]));

export const OCTETS = { "content-type": "application/octet-stream" };
export const PATCH = { "content-type": "application/openstack-images-v2.1-json-patch" };
export const OLD_PATCH = { "content-type": "application/openstack-images-v2.0-json-patch" };
export const ABSENT = "/v2/images/7f3c0000-0000-4000-8000-000000000000";

export const ACTIVE: Given = { data: "ABCDEFGHI" };
export const DEACTIVATED: Given = { ...ACTIVE, columns: { status: "deactivated" } };
export const PUBLIC: Given = { fields: { visibility: "public" } };
export const COMMUNITY: Given = { fields: { visibility: "community" } };
export const PRIVATE: Given = { fields: { visibility: "private" } };
