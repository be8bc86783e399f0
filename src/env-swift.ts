import { z } from "zod";
import { carriers, endpoint } from "./env-stores.ts";

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

const name = z.string().min(1, "is empty");

/** Sharding appends up to 37 characters; a container's name has at most 256. */
export const containerName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/, "is not the name of a container");

export const referenceName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "is not a reference: letters, digits, '_', '.', '-'");

export const swiftBytes = z
  .int()
  .min(MiB, "is less than a MiB")
  .max(5 * GiB, "is more than the 5 GiB of one request");

/**
 * A container of a Swift account, or many by a seed, in OpenStack's Swift or Ceph's (stores/swift.ts). The password,
 * key or application credential's secret is in STORE_SECRETS.
 */
export const swiftStore = {
  type: z.literal("swift"),
  /** 1: Swift's own; 3: Keystone. */
  authVersion: z.literal([1, 3]).default(3),
  authUrl: endpoint,
  user: name.optional(),
  userDomainId: name.optional(),
  userDomainName: name.optional(),
  projectName: name.optional(),
  projectDomainId: name.optional(),
  projectDomainName: name.optional(),
  applicationCredentialId: name.optional(),
  carriers,
  /** Of the endpoint in Keystone's catalogue. */
  region: name.optional(),
  interface: z.enum(["public", "internal", "admin"]).default("public"),
  /** The account's URL, if not the one that the authentication returns. */
  endpoint: endpoint.optional(),
  /** The binding through which the server is reached, if not plain fetch. */
  binding: name.optional(),
  /** Stands for address and credentials in the locations that are written. */
  reference: referenceName.default("ref1"),
  container: containerName.default("glance"),
  /** This many characters of an image's id choose its container. */
  containerSeed: z.int().min(0).max(32, "is more than the 32 characters of an id").default(0),
  /** Whether to create containers that are missing. */
  createContainer: z.boolean().default(false),
  /** Bodies of a known length below this are sent in one request, which servers limit to 5 GiB. */
  largeObjectBytes: swiftBytes.default(5 * GiB),
  segmentBytes: swiftBytes.default(200 * MiB),
  /** How long the server may take to answer, and to take or give a piece of a body. */
  answerSeconds: z.number().positive().max(600).default(30),
  idleSeconds: z.number().positive().max(600).default(60),
};

/** A store's user at its server, under the names of the settings file or of the worker's. */
export interface SwiftUser {
  readonly version: 1 | 3;
  readonly user?: string | undefined;
  readonly project?: string | undefined;
  readonly applicationCredential?: string | undefined;
}

/** What is wrong with it; undefined if nothing is. */
export function swiftUserProblem({ version, user, project, applicationCredential }: SwiftUser) {
  if (version === 1)
    return user === undefined || project !== undefined || applicationCredential !== undefined
      ? "needs a user, and neither project nor application credential, with version 1 of the authentication"
      : undefined;
  const byUser = user !== undefined && project !== undefined;
  const both = applicationCredential !== undefined && (user !== undefined || project !== undefined);
  return both || byUser === (applicationCredential !== undefined)
    ? "needs either a user and a project, or an application credential"
    : undefined;
}
