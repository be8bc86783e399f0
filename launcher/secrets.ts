import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writeFileSafely } from "./files.ts";
import { Unusable } from "./unusable.ts";

/** Made on the first start and kept in the data directory, readable by its owner alone. */
export interface Secrets {
  readonly tokenSigningKey: string;
  readonly relayKey: { readonly id: string; readonly secret: string };
  /** The password that `admin` is created with; `glimpse user-set` changes it later. */
  readonly adminPassword: string;
}

const keptSchema = z.object({
  tokenSigningKey: z.string().min(32).optional(),
  relayKey: z.object({ id: z.string().min(1), secret: z.string().min(32) }).optional(),
  adminPassword: z.string().min(1).optional(),
});

const FILE = "secrets.json";

/** The secrets of this data directory, made by an earlier start. Throws `Unusable` if there are none. */
export function keptSecrets(dataDir: string): Secrets {
  const path = join(dataDir, FILE);
  const { tokenSigningKey, relayKey, adminPassword } = existsSync(path) ? keptIn(path) : {};
  if (tokenSigningKey && relayKey && adminPassword) return { tokenSigningKey, relayKey, adminPassword };
  throw new Unusable(`There are no secrets in ${dataDir} yet.`, "Start it once, or name its --data-dir.");
}

/** The secrets of this data directory. Creates those that are missing or to be rotated. */
export function loadSecrets(dataDir: string, options: { rotateSigningKey?: boolean } = {}): Secrets {
  const path = join(dataDir, FILE);
  const kept: Partial<Secrets> = existsSync(path) ? keptIn(path) : {};
  const secrets: Secrets = {
    tokenSigningKey:
      options.rotateSigningKey || !kept.tokenSigningKey
        ? randomBytes(32).toString("base64url")
        : kept.tokenSigningKey,
    relayKey: kept.relayKey ?? { id: "k1", secret: randomBytes(32).toString("base64url") },
    adminPassword: kept.adminPassword ?? randomBytes(15).toString("base64url"),
  };
  if (JSON.stringify(secrets) !== JSON.stringify(kept))
    writeFileSafely(path, `${JSON.stringify(secrets, null, 2)}\n`, 0o600);
  return secrets;
}

/** Does not repeat the parser's message: it quotes the text, which is secret. */
function keptIn(path: string): Partial<Secrets> {
  try {
    const { tokenSigningKey, relayKey, adminPassword } = keptSchema.parse(
      JSON.parse(readFileSync(path, "utf8")),
    );
    return {
      ...(tokenSigningKey === undefined ? {} : { tokenSigningKey }),
      ...(relayKey === undefined ? {} : { relayKey }),
      ...(adminPassword === undefined ? {} : { adminPassword }),
    };
  } catch (error) {
    const wrong = error instanceof z.ZodError ? error.issues.map(({ path: name }) => name.join(".")) : [];
    throw new Unusable(
      `The secrets in ${path} cannot be used: ${wrong.join(", ") || "the file"} is not what a start writes there.`,
      "Mend the file, or bring it back from a backup.",
    );
  }
}
