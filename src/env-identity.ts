import { z } from "zod";
import { bindingOf } from "./env-relays.ts";
import { httpUrl, together } from "./env-rules.ts";

/** Paths are appended to it, and a 401 may show it to anybody. */
const keystoneUrl = httpUrl.refine((text) => {
  const url = URL.parse(text);
  return !url || (url.username + url.password + url.search + url.hash === "" && !/[?#]$/.test(text));
}, "has more than an address: a user, a query or a fragment");

const name = z.string().min(1, "is empty");

/**
 * The Keystone that validates tokens, and this service's own credentials there: a user on a project, in domain
 * `default` unless stated, or an application credential. The user needs the role `service` or `admin`.
 */
const keystone = z.strictObject({
  mode: z.literal("keystone"),
  /** Where this service reaches Keystone, with or without `/v3`. */
  authUrl: keystoneUrl,
  /** The URL in a 401; default: `authUrl`. */
  publicAuthUrl: keystoneUrl.optional(),
  /** The name of a VPC service of this worker through which Keystone is reached; absent: plain fetch. */
  binding: z.string().min(1).optional(),
  username: name.optional(),
  userDomainId: name.optional(),
  userDomainName: name.optional(),
  projectName: name.optional(),
  projectDomainId: name.optional(),
  projectDomainName: name.optional(),
  applicationCredentialId: name.optional(),
  /** A service token with one of these roles makes an expired user token acceptable. */
  serviceRoles: z.array(name.toLowerCase()).default(["service"]),
  /** How long an answer is reused, and so how long a revoked token may still work (design section 6: at most 60). */
  cacheSeconds: z.number().min(0).max(60).default(60),
  timeoutSeconds: z.number().positive().max(60).default(10),
  region: z.string().default("RegionOne"),
});

export type KeystoneConfig = z.output<typeof keystone>;

export const identity = z.discriminatedUnion("mode", [
  z.strictObject({
    mode: z.literal("embedded"),
    tokenSeconds: z
      .int()
      .min(60)
      .max(7 * 86_400)
      .default(3600),
    region: z.string().default("RegionOne"),
  }),
  keystone,
  z.strictObject({
    mode: z.literal("none"),
    projectId: z.string().default("default"),
    /** Must be set explicitly: every caller who reaches the worker is an administrator. */
    allowAnyone: z.boolean().default(false),
  }),
]);

/** All settings together. One that is wrong by itself, and reported as such, may have any other type. */
interface Given {
  readonly IDENTITY: z.output<typeof identity> | undefined;
  readonly SINGLE_PROCESS: boolean;
  readonly TOKEN_SIGNING_KEY?: string | undefined;
  readonly KEYSTONE_PASSWORD?: string | undefined;
  readonly KEYSTONE_APPLICATION_CREDENTIAL_SECRET?: string | undefined;
}

const rule = (variable: string, message: string, holds: (given: Given) => boolean) =>
  z.refine<Given>(holds, together(variable, message));

const keystoneRule = (
  variable: string,
  message: string,
  holds: (k: KeystoneConfig, given: Given) => boolean,
) => rule(variable, message, (given) => given.IDENTITY?.mode !== "keystone" || holds(given.IDENTITY, given));

const isUser = ({ username, projectName }: KeystoneConfig) => Boolean(username && projectName);

/** Rules across identity, its secrets and the way the service runs. */
export const identityRules = [
  rule(
    "TOKEN_SIGNING_KEY",
    "is missing; embedded identity signs tokens with it",
    ({ IDENTITY, TOKEN_SIGNING_KEY }) => Boolean(TOKEN_SIGNING_KEY) || IDENTITY?.mode !== "embedded",
  ),
  rule(
    "IDENTITY",
    '"none" makes everybody an administrator; allowAnyone must say that it is meant',
    ({ IDENTITY, SINGLE_PROCESS }) => IDENTITY?.mode !== "none" || IDENTITY.allowAnyone || SINGLE_PROCESS,
  ),
  keystoneRule(
    "IDENTITY",
    "needs either username and projectName, or applicationCredentialId, to ask Keystone as",
    (k) => isUser(k) !== Boolean(k.applicationCredentialId) && Boolean(k.username) === Boolean(k.projectName),
  ),
  keystoneRule(
    "KEYSTONE_PASSWORD",
    "is missing; it is the password of IDENTITY's username",
    (k, { KEYSTONE_PASSWORD }) => !isUser(k) || Boolean(KEYSTONE_PASSWORD),
  ),
  keystoneRule(
    "KEYSTONE_APPLICATION_CREDENTIAL_SECRET",
    "is missing; it is the secret of IDENTITY's applicationCredentialId",
    (k, given) => !k.applicationCredentialId || Boolean(given.KEYSTONE_APPLICATION_CREDENTIAL_SECRET),
  ),
  keystoneRule(
    "IDENTITY",
    "names a binding that the worker does not have, or that cannot fetch",
    (k, given) => !k.binding || bindingOf(given, k.binding) !== undefined,
  ),
];
