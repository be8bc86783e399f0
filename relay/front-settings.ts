import { accessSync, constants, existsSync } from "node:fs";
import { isIP } from "node:net";
import { z } from "zod";
import type { CorsRules } from "../src/http/cors.ts";
import { corsRules, corsSection } from "./cors-settings.ts";
import { isWorldReadable } from "./secret-file.ts";

const host = z.string().min(1).default("127.0.0.1");
const port = z.int().min(0).max(65_535);

const isNetwork = (text: string): boolean => {
  const [address = "", bits] = text.split("/");
  const most = isIP(address) === 6 ? 128 : 32;
  return isIP(address) !== 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most));
};

/** The sections of relay.toml that a front door needs. */
export const frontSections = {
  edge: z.strictObject({ url: z.url({ protocol: /^https?$/ }) }).optional(),
  front_door: z
    .strictObject({
      host,
      port: port.default(9292),
      public_url: z.url({ protocol: /^https?$/ }).optional(),
      tls_cert: z.string().optional(),
      tls_key: z.string().optional(),
      trusted_proxies: z
        .array(z.string().refine(isNetwork, "is no address, nor a network as 10.0.0.0/8"))
        .default([]),
      max_connections: z.int().positive().default(1000),
    })
    .optional(),
  cors: corsSection.optional(),
  cache: z
    .strictObject({
      path: z.string().regex(/^\//, "is not an absolute path"),
      max_bytes: z.int().positive(),
    })
    .optional(),
  metrics: z.strictObject({ host, port: port.default(9293) }).optional(),
};

type Parsed = { [K in keyof typeof frontSections]?: z.output<(typeof frontSections)[K]> };

export interface FrontDoorSettings {
  readonly host: string;
  readonly port: number;
  /** The address used in links. Absent: the address that each client used. */
  readonly publicUrl?: string;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Addresses and networks whose `Forwarded` is honoured. */
  readonly trustedProxies: readonly string[];
  readonly maxConnections: number;
  /**
   * Which origins' pages may read what this door itself answers; the edge adds its own headers to its answers. Absent:
   * none.
   */
  readonly cors?: CorsRules;
}

export interface CacheSettings {
  readonly path: string;
  readonly maxBytes: number;
}

export interface MetricsSettings {
  readonly host: string;
  readonly port: number;
}

export interface FrontSettings {
  readonly edge?: { readonly url: string };
  readonly frontDoor?: FrontDoorSettings;
  readonly cache?: CacheSettings;
  readonly metrics?: MetricsSettings;
}

/** The front door's settings. Adds contradictions between them to `problems`. */
export function frontSettings(parsed: Parsed, problems: string[]): FrontSettings {
  const { edge, front_door: door, cors, cache, metrics } = parsed;
  if (door && !edge) problems.push("edge.url: is missing; the front door needs it");
  if (cors && !door) problems.push("cors: is the front door's, and there is none");
  if (cache && !door) problems.push("cache: is the front door's, and there is none");
  return {
    ...(edge ? { edge } : {}),
    ...(door
      ? { frontDoor: { ...frontDoor(door, problems), ...(cors ? { cors: corsRules(cors) } : {}) } }
      : {}),
    ...(cache ? { cache: { path: cache.path, maxBytes: cache.max_bytes } } : {}),
    ...(metrics ? { metrics } : {}),
  };
}

function frontDoor(door: NonNullable<Parsed["front_door"]>, problems: string[]): FrontDoorSettings {
  const { tls_cert: cert, tls_key: key } = door;
  if ((cert === undefined) !== (key === undefined))
    problems.push("front_door: tls_cert and tls_key go together");
  requireReadable("front_door.tls_cert", cert, problems);
  requireReadable("front_door.tls_key", key, problems);
  if (key !== undefined && existsSync(key) && isWorldReadable(key))
    problems.push(`front_door.tls_key: everyone may read ${key}`);
  return {
    host: door.host,
    port: door.port,
    trustedProxies: door.trusted_proxies,
    maxConnections: door.max_connections,
    ...(door.public_url ? { publicUrl: door.public_url.replace(/\/+$/, "") } : {}),
    ...(cert && key ? { tls: { cert, key } } : {}),
  };
}

function requireReadable(name: string, file: string | undefined, problems: string[]): void {
  try {
    if (file !== undefined) accessSync(file, constants.R_OK);
  } catch {
    problems.push(`${name}: ${file} cannot be read`);
  }
}
