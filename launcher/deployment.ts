import { stringify } from "smol-toml";
import type { Secrets } from "./secrets.ts";
import type { Settings } from "./settings.ts";
import { workerSecrets, workerVars } from "./worker-vars.ts";

/** A placeholder: only the operator of the relay knows its address as seen from Cloudflare. */
const RELAY_URL = "https://relay.invalid";

/** At home every worker has a relay; elsewhere only directories and Ceph need one. */
const needsRelay = ({ stores }: Settings): boolean =>
  stores.some((store) => store.type === "file" || store.type === "rbd");

/** The `[vars]` of wrangler.toml for these settings, and the names of the secrets that go with them. */
export function varsFile(settings: Settings): string {
  const { RELAYS, ...vars } = workerVars(settings, RELAY_URL, []);
  const withRelay = needsRelay(settings);
  const names = secretNames(settings).map((name) => `#   npx wrangler secret put ${name}`);
  return [
    ...(withRelay
      ? ["# Put in where the worker reaches the relay that keeps the stores: docs/deploy.md."]
      : []),
    stringify({ vars: { ...vars, ...(withRelay ? { RELAYS } : {}) } }),
    "# Secrets:",
    ...names,
    "",
  ].join("\n");
}

/** The secrets with their values, as `wrangler deploy --secrets-file` takes them. */
export function secretsFile(settings: Settings, secrets: Secrets): string {
  const all = workerSecrets(settings, secrets);
  const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  const file = Object.fromEntries(secretNames(settings).map((name) => [name, text(all[name])]));
  return `${JSON.stringify(file, null, 2)}\n`;
}

const PLACEHOLDERS: Secrets = { tokenSigningKey: "", relayKey: { id: "", secret: "" }, adminPassword: "" };

/** The names of the secrets that these settings need. */
function secretNames(settings: Settings): string[] {
  const unneeded = [
    ...(needsRelay(settings) ? [] : ["RELAY_KEYS"]),
    ...(settings.identity.mode === "embedded" ? [] : ["TOKEN_SIGNING_KEY", "BOOTSTRAP_ADMIN_PASSWORD"]),
  ];
  return Object.keys(workerSecrets(settings, PLACEHOLDERS)).filter((name) => !unneeded.includes(name));
}
