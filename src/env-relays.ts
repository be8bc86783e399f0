import { z } from "zod";
import { eachOnce, httpUrl, idOf, listOf, parsedOrAsIs, secret, together } from "./env-rules.ts";

/**
 * The relays of this edge. The url is where the edge reaches the relay's origin door. A relay whose stores the edge
 * never uses needs none. The binding is what the relay is reached through, if not plain fetch.
 */
export const relays = z.array(
  z
    .strictObject({ id: idOf("relay"), url: httpUrl.optional(), binding: z.string().min(1).optional() })
    .refine(
      ({ url, binding }) => url !== undefined || binding === undefined,
      "has a binding and no url to ask for through it",
    ),
);

const SHAPE = '{"relay": "…", "id": "…", "secret": "…"}';

const relayKey = z.strictObject(
  {
    relay: z.string(),
    /** In a form that a signature can name. */
    id: z
      .string()
      .regex(/^[!-+\--~]{1,64}$/, "is not a key id: printable, without spaces and commas, at most 64"),
    secret,
  },
  `is not ${SHAPE}`,
);

/** The keys of all relays: one secret on Cloudflare, so that a rotation takes effect at once. */
export const relayKeys = z.preprocess(
  parsedOrAsIs,
  z.array(relayKey, `is not a list of ${SHAPE}, as a list or as its JSON`),
);

export interface RelayKey {
  readonly id: string;
  readonly secret: string;
}

export interface RelayConfig {
  readonly id: string;
  readonly url?: string;
  readonly binding?: string;
  /** One, or two during a rotation: the edge signs with the first and accepts either. */
  readonly keys: readonly RelayKey[];
}

/** All settings together. One that is wrong by itself, and reported as such, may have any other type. */
interface Given {
  readonly STORES: readonly (
    | { readonly type: string; readonly relay?: string; readonly carriers?: readonly string[] }
    | undefined
  )[];
  readonly RELAYS: z.output<typeof relays>;
  readonly RELAY_KEYS: z.output<typeof relayKeys>;
}

const relayOf = ({ RELAYS }: Given, id: string | undefined) =>
  listOf(RELAYS).find((relay) => relay?.id === id);

const usedRelays = (given: Given) =>
  listOf(given.STORES)
    .filter((store) => store?.type === "relay")
    .map((store) => relayOf(given, store?.relay));

const countKeys = ({ RELAY_KEYS }: Given, relay: string) =>
  listOf(RELAY_KEYS).filter((key) => key?.relay === relay).length;

const rule = (name: string, message: string, holds: (given: Given) => boolean) =>
  z.refine<Given>(holds, together(name, message));

/**
 * Rules across relays, their keys and the stores that they keep. If one list is not a list at all, which is reported as
 * such, nothing else is checked against it.
 */
export const relayRules = [
  rule("RELAYS", "has two relays of one id", ({ RELAYS }) => eachOnce(RELAYS)),
  rule(
    "STORES",
    "names a relay that is not in RELAYS",
    (given) => !Array.isArray(given.RELAYS) || usedRelays(given).every((relay) => relay !== undefined),
  ),
  rule(
    "STORES",
    "names a carrier that is not in RELAYS",
    (given) =>
      !Array.isArray(given.RELAYS) ||
      listOf(given.STORES)
        .flatMap((store) => listOf(store?.carriers))
        .every((id) => relayOf(given, id) !== undefined),
  ),
  rule("RELAYS", "has no url for a relay that keeps a store", (given) =>
    usedRelays(given).every((relay) => !relay || relay.url !== undefined),
  ),
  rule("RELAYS", "names a binding that the worker does not have, or that cannot fetch", (given) =>
    listOf(given.RELAYS).every((relay) => !relay?.binding || bindingOf(given, relay.binding) !== undefined),
  ),
  rule(
    "RELAY_KEYS",
    "must have one key or two for each of RELAYS",
    (given) =>
      !Array.isArray(given.RELAY_KEYS) ||
      listOf(given.RELAYS).every((relay) => [1, 2].includes(countKeys(given, relay?.id))),
  ),
  rule(
    "RELAY_KEYS",
    "has a key of a relay that is not in RELAYS",
    (given) =>
      !Array.isArray(given.RELAYS) ||
      listOf(given.RELAY_KEYS).every((key) => relayOf(given, key?.relay) !== undefined),
  ),
  rule(
    "RELAY_KEYS",
    "has two keys of one id, which is all that a signature says of its key",
    ({ RELAY_KEYS }) => eachOnce(RELAY_KEYS),
  ),
];

/** The binding of this name in the worker's environment, if it can fetch. */
export function bindingOf(env: object, name: string): Fetcher | undefined {
  const bound: unknown = Object.hasOwn(env, name) ? (env as Record<string, unknown>)[name] : undefined;
  return typeof (bound as Fetcher | undefined)?.fetch === "function" ? (bound as Fetcher) : undefined;
}

/** Each relay with its keys, in the given order. */
export const relayConfigs = ({ RELAYS, RELAY_KEYS }: Omit<Given, "STORES">): readonly RelayConfig[] =>
  RELAYS.map(({ id, url, binding }) => ({
    id,
    ...(url === undefined ? {} : { url }),
    ...(binding === undefined ? {} : { binding }),
    keys: RELAY_KEYS.filter((key) => key.relay === id).map(({ id, secret }) => ({ id, secret })),
  }));
