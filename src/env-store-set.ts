import { z } from "zod";
import { listOf } from "./env-rules.ts";

/** The settings that any store may have, and those that say where it keeps its images. */
export interface StoreOfSet {
  readonly id: string;
  readonly type: string;
  readonly default?: boolean | undefined;
  readonly readOnly?: boolean | undefined;
}

/** The store for uploads that name none. */
export const defaultStore = <S extends StoreOfSet>(stores: readonly S[]): S | undefined =>
  stores.find((store) => store?.default === true) ?? stores[0];

/** Nothing is written to it or removed from it; its locations are only forgotten. */
export const isReadOnly = (store: Omit<StoreOfSet, "id">): boolean =>
  store.type === "http" || store.readOnly === true;

/**
 * Where a store keeps its images, and how its locations name that place, in words. Two stores in one place would take
 * each other's images for their own, and remove them. Empty if the store is a place of its own, or its settings are
 * wrong.
 */
function placesOf(store: StoreOfSet): readonly string[] {
  const { bucket, container, endpoint, fsid, path, pool, reference, relay, kind } =
    store as unknown as Readonly<Record<string, unknown>>;
  const known = (...parts: readonly unknown[]) => parts.every((part) => typeof part === "string");
  switch (store.type === "relay" ? kind : store.type) {
    // The worker has one binding for all of them.
    case "r2":
      return ["the R2 bucket"];
    case "s3":
      return known(bucket, endpoint) ? [`the bucket ${bucket} of ${addressOf(endpoint)}`] : [];
    case "swift":
      return [
        `the container ${container ?? "glance"} of ${accountOf(store as SwiftFields)}`,
        `the container ${container ?? "glance"} of the reference ${reference ?? "ref1"}`,
      ];
    case "rbd":
      return known(fsid) ? [`the pool ${pool ?? "images"} of ${fsid}`] : [];
    case "file":
      return known(path, relay) ? [`${path} at the relay ${relay}`] : [];
    default:
      return [];
  }
}

interface SwiftFields {
  readonly authUrl?: unknown;
  readonly projectName?: string;
  readonly user?: string;
  readonly applicationCredentialId?: string;
}

const accountOf = ({ authUrl, projectName, user, applicationCredentialId }: SwiftFields): string =>
  `${projectName ?? user ?? applicationCredentialId} at ${addressOf(authUrl)}`;

/** Without irrelevant differences: the case of a host, a default port, slashes at the end. */
function addressOf(url: unknown): string {
  const parsed = URL.canParse(String(url)) ? new URL(String(url)) : undefined;
  return parsed ? `${parsed.host}${parsed.pathname}`.replace(/\/+$/, "") : "an address";
}

type Problem = (stores: readonly StoreOfSet[]) => readonly string[];

/** What two stores share that each must have for itself. */
const pairs = (stores: readonly StoreOfSet[], marks: (store: StoreOfSet) => readonly string[]) =>
  stores.flatMap((store, at) => {
    for (const other of stores.slice(0, at)) {
      const mark = marks(store).find((own) => marks(other).includes(own));
      if (mark !== undefined) return [{ other, store, mark }];
    }
    return [];
  });

const PROBLEMS: readonly Problem[] = [
  (stores) => pairs(stores, ({ id }) => [id]).map(({ mark }) => `has two stores of one id, ${mark}`),
  (stores) => pairs(stores, placesOf).map((p) => `has ${p.other.id} and ${p.store.id} both in ${p.mark}`),
  (stores) => {
    const [first, ...more] = stores.filter((store) => store.default === true);
    return more.map(({ id }) => `has two default stores, ${first?.id} and ${id}`);
  },
  (stores) => {
    const store = defaultStore(stores);
    if (!store || !isReadOnly(store)) return [];
    const why = store.default === true ? "is the default and" : "is first, and so the default, but";
    return [`has ${store.id}, which ${why} cannot be written`];
  },
];

/** Everything that is wrong with these stores as a set, each to be read after the name of their list. */
export function problemsOfSet(stores: readonly (StoreOfSet | undefined)[] | undefined): string[] {
  // A store that is wrong by itself may be anything.
  const known = listOf(stores).filter((store): store is StoreOfSet => typeof store?.id === "string");
  return PROBLEMS.flatMap((problem) => problem(known));
}

interface Given {
  readonly STORES: readonly (StoreOfSet | undefined)[];
}

export const storeSetRule = z.refine<Given>(({ STORES }) => problemsOfSet(STORES).length === 0, {
  path: ["STORES"],
  when: () => true,
  error: ({ input }) => problemsOfSet((input as Given).STORES).join("; STORES "),
});
