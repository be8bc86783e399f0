import { z } from "zod";
import { listOf, parsedOrAsIs, together } from "./env-rules.ts";
import { ADDRESSING } from "./stores/s3-address.ts";

const MiB = 1024 * 1024;

/** A server's address. It must not contain a user or a query, because others may see it. */
export const endpoint = z
  .url({ protocol: /^https?$/ })
  .regex(/^[^@?#]*$/, "has more than an address and a path");

export const bucketName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/, "is not the name of a bucket");

/**
 * For a store that the worker reaches by itself: the relays that also have it in their settings, under the same id, and
 * carry their own clients' bytes to and from it (docs/decisions/0029-a-relay-carries-bytes-of-the-workers-stores.md).
 */
export const carriers = z.array(z.string()).default(() => []);

/** A bucket of any server that speaks S3 (stores/s3.ts). Its secret is in STORE_SECRETS. */
export const s3Store = {
  type: z.literal("s3"),
  endpoint,
  bucket: bucketName,
  /** `auto`: as the endpoint's name says, otherwise us-east-1. */
  region: z.string().min(1).default("auto"),
  addressing: z.enum(ADDRESSING).default("auto"),
  accessKeyId: z.string().min(1, "is empty"),
  carriers,
  /** Bodies of a known length below this are sent in one request, which servers limit to 5 GiB. */
  thresholdBytes: z
    .int()
    .min(5 * MiB)
    .max(5 * 1024 * MiB)
    .default(100 * MiB),
  /** Default: as in TRANSFERS. */
  partBytes: z
    .int()
    .min(5 * MiB)
    .max(16 * MiB)
    .optional(),
  /** Whether to create the bucket if it is missing. */
  createBucket: z.boolean().default(false),
  /** How long the server may take to answer, and to take or give a piece of a body. */
  answerSeconds: z.number().positive().max(600).default(60),
  idleSeconds: z.number().positive().max(600).default(60),
  /** How long a request that failed for a moment is retried, if it can be. */
  patienceSeconds: z.number().min(0).max(600).default(30),
};

const SHAPE = '{"store": "…", "secret": "…", "sessionToken": "…"}';

/** A store's credential for its server: for s3 the secret access key, for swift the key or password. */
const storeSecret = z.strictObject(
  {
    store: z.string(),
    secret: z.string().min(1, "is empty"),
    /** For temporary credentials. */
    sessionToken: z.string().min(1, "is empty").optional(),
  },
  `is not ${SHAPE}`,
);

/** The secrets of all stores: one secret on Cloudflare, so that a rotation takes effect at once. */
export const storeSecrets = z.preprocess(
  parsedOrAsIs,
  z.array(storeSecret, `is not a list of ${SHAPE}, as a list or as its JSON`),
);

export type StoreSecret = z.output<typeof storeSecret>;

const WITH_SECRET: ReadonlySet<string> = new Set(["s3", "swift"]);

/** Whether stores of this kind have a secret. */
export const hasSecret = (store: { readonly type: string } | undefined): boolean =>
  WITH_SECRET.has(store?.type ?? "");

interface Given {
  readonly STORES: readonly ({ readonly id: string; readonly type: string } | undefined)[];
  readonly STORE_SECRETS: z.output<typeof storeSecrets>;
}

const withSecret = ({ STORES }: Given) => listOf(STORES).filter(hasSecret);

/**
 * Rules across stores and their secrets. If one list is not a list at all, which is reported, the other is not checked
 * against it.
 */
export const storeRules = [
  z.refine<Given>(
    (given) =>
      !Array.isArray(given.STORE_SECRETS) ||
      withSecret(given).every(
        (store) => given.STORE_SECRETS.filter((secret) => secret?.store === store?.id).length === 1,
      ),
    together("STORE_SECRETS", "must have one secret for each store that needs one"),
  ),
  z.refine<Given>(
    (given) =>
      !Array.isArray(given.STORES) ||
      listOf(given.STORE_SECRETS).every((secret) =>
        withSecret(given).some((store) => store?.id === secret?.store),
      ),
    together("STORE_SECRETS", "has a secret of a store that is not in STORES, or that needs none"),
  ),
];
