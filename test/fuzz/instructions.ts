import * as fc from "fast-check";
import { type OddRequest, oddRequest } from "./odd-request.ts";

/** What to do next, as plain data: images and callers are numbers, which the world takes modulo what it has. */
export type Instruction =
  | {
      readonly kind: "create";
      readonly who: number;
      readonly owner: number | "own" | "nobody";
      readonly fields: CreateFields;
    }
  | ({ readonly kind: "list"; readonly who: number } & Listing)
  | OnImage<"patch", { readonly changes: readonly Change[] }>
  | OnImage<"upload", Upload>
  | OnImage<"download", { readonly range: readonly [number, number] | undefined }>
  | OnImage<"show" | "delete" | "deactivate" | "reactivate" | "members">
  | OnImage<"share" | "showMember" | "unshare", { readonly project: number }>
  | OnImage<"judge", { readonly project: number; readonly status: "pending" | "accepted" | "rejected" }>
  | OnImage<"tag" | "untag", { readonly tag: string }>
  | OnImage<"locate", { readonly bytes: number; readonly missing: boolean }>
  | OnImage<"import", { readonly bytes: number; readonly claim: "none" | "right" | "wrong" }>
  | OnImage<"unstore", { readonly store: "file" | "r2" | "web" }>
  | OnImage<"tasks">
  | OnImage<"odd", { readonly request: OddRequest }>;

type OnImage<K, More = unknown> = K extends string
  ? { readonly kind: K; readonly who: number; readonly image: number } & More
  : never;

/** An instruction, and who looks before it and after it: what is read again must tell what was written between. */
export interface Step {
  readonly instruction: Instruction;
  readonly look?: Look | undefined;
}

export interface Look {
  /** Reads the same both times; of the project with which the image is shared or not, where that is instructed. */
  readonly who: number;
  /** Reads it the second time, after the other: what is kept for the one is not for everybody. */
  readonly next: number;
  /** At the image that the instruction is about, or at a list. */
  readonly at: "image" | Listing;
}

export interface Upload {
  readonly bytes: number;
  readonly chunked: boolean;
  /** How far what is announced is off; 0: nothing is announced. */
  readonly announced: number;
  readonly store: "file" | "r2" | undefined;
}

export interface CreateFields {
  readonly visibility?: "public" | "community" | "shared" | "private";
  readonly protected?: boolean;
  readonly os_hidden?: boolean;
  readonly name?: string | null;
  readonly tags?: string[];
  readonly formats: boolean;
}

export type Change =
  | { readonly set: "name"; readonly value: string | null }
  | { readonly set: "visibility"; readonly value: "public" | "community" | "shared" | "private" }
  | { readonly set: "protected" | "os_hidden"; readonly value: boolean }
  | { readonly set: "min_disk"; readonly value: number }
  | { readonly set: "tags"; readonly value: string[] }
  | { readonly set: "owner"; readonly value: number }
  | { readonly property: string; readonly verb: "add" | "replace"; readonly value: string }
  | { readonly property: string; readonly verb: "remove" };

export interface Listing {
  readonly visibility?: "public" | "community" | "shared" | "private" | "all";
  readonly member_status?: "pending" | "accepted" | "rejected" | "all";
  readonly os_hidden?: boolean;
  readonly tag?: string;
  readonly status?: string;
  readonly owner?: number;
  readonly protected?: boolean;
  readonly limit: number;
  readonly sort?: string;
}

const nat = fc.nat({ max: 1000 });
const visibility = fc.constantFrom("public", "community", "shared", "private");
const memberStatus = fc.constantFrom("pending", "accepted", "rejected");
/** Few, so that what one instruction sets another finds. */
const tag = fc.constantFrom("red", "Red", "a b", "é", "%41", "~", "?");
const property = fc.constantFrom("color", "os_distro", "a/b~c", "é", "constructor", "__proto__");
/** Whatever an image may hold: no NUL, nothing above U+FFFF. */
const text = fc.string({
  unit: fc.integer({ min: 1, max: 0xd7ff }).map((code) => String.fromCharCode(code)),
  maxLength: 20,
});

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ set: fc.constant("name" as const), value: fc.option(text) }),
  fc.record({ set: fc.constant("visibility" as const), value: visibility }),
  fc.record({ set: fc.constantFrom("protected" as const, "os_hidden" as const), value: fc.boolean() }),
  fc.record({ set: fc.constant("min_disk" as const), value: fc.nat({ max: 2 ** 31 - 1 }) }),
  fc.record({ set: fc.constant("tags" as const), value: fc.array(tag, { maxLength: 4 }) }),
  fc.record({ set: fc.constant("owner" as const), value: nat }),
  fc.record({ property, verb: fc.constantFrom("add" as const, "replace" as const), value: text }),
  fc.record({ property, verb: fc.constant("remove" as const) }),
);

/** Few projects, `nobody` for administrators. */
const owner = fc.oneof(
  { weight: 6, arbitrary: fc.constant("own" as const) },
  { weight: 1, arbitrary: fc.constant("nobody" as const) },
  { weight: 1, arbitrary: nat },
);
const fields: fc.Arbitrary<CreateFields> = fc.record(
  {
    visibility,
    protected: fc.boolean(),
    os_hidden: fc.boolean(),
    name: fc.option(text),
    tags: fc.array(tag, { maxLength: 4 }),
    formats: fc.oneof(
      { weight: 4, arbitrary: fc.constant(true) },
      { weight: 1, arbitrary: fc.constant(false) },
    ),
  },
  { requiredKeys: ["formats"] },
);

const target = { who: nat, image: nat };
const bytes = fc.integer({ min: 1, max: 200 });
const kind = <K extends string>(...kinds: K[]) => fc.constantFrom(...kinds);

const page = {
  limit: fc.integer({ min: 1, max: 30 }),
  sort: fc.constantFrom("name:asc", "size", "updated_at:asc", "id", "status:asc,name:desc", "created_at:asc"),
};
const whose = {
  visibility: fc.constantFrom("public", "community", "shared", "private", "all"),
  member_status: fc.constantFrom("pending", "accepted", "rejected", "all"),
  owner: nat,
};
const which = {
  os_hidden: fc.boolean(),
  tag,
  status: fc.constantFrom("queued", "active", "deactivated", "saving"),
  protected: fc.boolean(),
};
/** Most leave much to be found. */
const listing = fc.oneof(
  { weight: 2, arbitrary: fc.record(page) },
  { weight: 3, arbitrary: fc.record({ ...page, ...whose }, { requiredKeys: ["limit"] }) },
  { weight: 1, arbitrary: fc.record({ ...page, ...whose, ...which }, { requiredKeys: ["limit"] }) },
) as fc.Arbitrary<Listing>;

const sharing: fc.Arbitrary<Instruction> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: kind("share", "share", "share", "showMember", "unshare"),
      ...target,
      project: nat,
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: kind("judge"), ...target, project: nat, status: memberStatus }) },
);

const valid: fc.Arbitrary<Instruction> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: kind("create"), who: nat, owner, fields }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: kind("patch"),
      ...target,
      changes: fc.array(change, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: kind("upload"),
      ...target,
      bytes: fc.nat({ max: 200 }),
      chunked: fc.boolean(),
      announced: fc.oneof(
        { weight: 4, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.integer({ min: -3, max: 3 }) },
      ),
      store: fc.constantFrom("file" as const, "r2" as const, undefined),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: kind("download"),
      ...target,
      range: fc.option(fc.tuple(fc.nat({ max: 220 }), fc.nat({ max: 220 })), { nil: undefined }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: kind("show", "deactivate", "reactivate", "members", "members"), ...target }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kind("delete"), ...target }) },
  { weight: 10, arbitrary: sharing },
  { weight: 3, arbitrary: fc.record({ kind: kind("tag", "untag"), ...target, tag }) },
  {
    weight: 4,
    arbitrary: fc.tuple(nat, listing).map(([who, asked]) => ({ kind: "list" as const, who, ...asked })),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: kind("locate"),
      ...target,
      bytes,
      missing: fc.nat({ max: 4 }).map((n) => n === 0),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: kind("import"),
      ...target,
      bytes,
      claim: fc.constantFrom("none" as const, "right" as const, "wrong" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: kind("unstore"),
      ...target,
      store: fc.constantFrom("file" as const, "r2" as const, "web" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kind("tasks"), ...target }) },
);

const odd: fc.Arbitrary<Instruction> = fc.record({ kind: kind("odd"), ...target, request: oddRequest });

const instruction = fc.oneof({ weight: 3, arbitrary: valid }, { weight: 2, arbitrary: odd });
const everything = fc.record({
  limit: fc.integer({ min: 1, max: 30 }),
  visibility: fc.constant("all" as const),
  member_status: fc.constantFrom("all" as const, "accepted" as const),
});
/** Mostly where much is seen. */
const look: fc.Arbitrary<Look> = fc.record({
  who: nat,
  next: nat,
  at: fc.oneof(
    { weight: 3, arbitrary: fc.constant("image" as const) },
    { weight: 2, arbitrary: everything },
    { weight: 1, arbitrary: listing },
  ),
});
/** Who may see an image is worth a look more often than anything else. */
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ instruction }) },
  { weight: 2, arbitrary: fc.record({ instruction, look }) },
  { weight: 1, arbitrary: fc.record({ instruction: sharing, look }) },
);

/** Of any length up to this one, alike: what is short finds little. */
export const steps = (length: number): fc.Arbitrary<Step[]> =>
  fc.noBias(fc.array(step, { minLength: 1, maxLength: length, size: "max" }));
