import { z } from "zod";
import { HASH_ALGOS } from "../stores/contract.ts";

/** The bodies of a relay's requests, in the shapes of protocol/control.ts. */

export const boot = z.object({ id: z.string().min(1).max(64), startedAt: z.int().min(0) });

export const unused = z.object({ key: z.string(), stores: z.array(z.string()) });

export const begin = z.object({
  boot,
  headers: z.record(z.string(), z.string()),
  asksForMore: z.boolean().default(false),
  unused: unused.optional(),
});

/** Empty for now; an object, so that fields can be added. */
export const heartbeat = z.object({});

export const extension = z.object({ bytes: z.int().positive() });

export const abort = z.object({ keyTaken: z.boolean().default(false) });

export const completion = z.object({
  size: z.int().min(0),
  checksum: z.string().regex(/^[0-9a-f]{32}$/),
  hashAlgo: z.enum(HASH_ALGOS),
  hashValue: z.string().regex(/^[0-9a-f]{64,128}$/),
});
