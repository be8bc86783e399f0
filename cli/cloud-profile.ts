import type { Schemas } from "@glimpse/client/api.ts";
import type { Path } from "@glimpse/client/calls.ts";
import { refusal } from "@glimpse/client/errors.ts";
import { type Transport, textOf } from "@glimpse/client/transport.ts";
import { type CloudEntry, mergedEntry } from "./clouds.ts";
import { CommandError } from "./errors.ts";

const PROFILE = "/.well-known/openstack/api" satisfies Path;

/**
 * The URL of a cloud's `profile:`, found as openstacksdk finds it. Undefined without a profile, and for the name of a
 * public cloud, which openstacksdk knows and we do not.
 */
export function profileUrlOf({ profile }: CloudEntry): string | undefined {
  if (typeof profile !== "string" || !/^https?:\/\//.test(profile) || !URL.canParse(profile))
    return undefined;
  return new URL(PROFILE, profile).href;
}

/** The entry, completed by what the service says about itself. What the file says wins. */
export async function withProfile(
  entry: CloudEntry,
  url: string,
  { transport, signal }: { transport: Transport; signal: AbortSignal },
): Promise<CloudEntry> {
  const response = await transport({ method: "GET", url, headers: { accept: "application/json" }, signal });
  const text = await textOf(response);
  if (response.status !== 200) throw refusal(response, text);
  const { regions, ...profile } = profileIn(url, text);
  const [region] = Array.isArray(regions) ? regions : [];
  return mergedEntry({ ...profile, ...(typeof region === "string" ? { region_name: region } : {}) }, entry);
}

function profileIn(url: string, text: string): CloudEntry {
  try {
    const { profile }: Partial<Schemas["CloudProfile"]> = JSON.parse(text);
    if (typeof profile === "object" && profile !== null) return profile;
  } catch {
    // An answer that is not JSON holds no profile.
  }
  throw new CommandError(
    `${url} has no profile of a cloud.`,
    "Correct `profile:` in clouds.yaml, or say there what it would: auth_url and region_name.",
  );
}
