import { z } from "zod";
import { UNIFIED_LIMITS, type UnifiedLimits } from "../domain/quotas.ts";
import type { Config, Env } from "../env.ts";
import { errorFields, logFrom } from "../http/log.ts";
import { SharedWork } from "../outbound/shared-work.ts";
import { away, type KeystoneClient, keystoneLimitsClientOf } from "./keystone-client.ts";
import { Remembered } from "./remembered.ts";

/** How long limits count as fresh, and how long they are still used while Keystone is away. */
const FRESH_MILLISECONDS = 60_000;
const STALE_MILLISECONDS = 15 * 60_000;
const MAX_PROJECTS = 5_000;

/** A service keeps its id for as long as it exists. */
const services = z.object({ services: z.array(z.object({ id: z.string() })) });
const limit = { resource_name: z.string(), region_id: z.string().nullish() };
const registered = z.object({
  registered_limits: z.array(z.object({ ...limit, default_limit: z.int() })),
});
const ofProject = z.object({ limits: z.array(z.object({ ...limit, resource_limit: z.int() })) });

/**
 * Keystone's unified limits for the image service of a region: a project's own limits, and the registered ones where it
 * has none (spec/quotas.md section 1). At most a minute old; a quarter of an hour while Keystone is away.
 */
export class KeystoneLimits {
  readonly #client: Pick<KeystoneClient, "get">;
  readonly #region: string;
  readonly #onOutage: (error: unknown) => void;
  readonly #fresh = new Remembered<UnifiedLimits>(MAX_PROJECTS);
  readonly #stale = new Remembered<UnifiedLimits>(MAX_PROJECTS);
  readonly #questions = new SharedWork<UnifiedLimits>();

  constructor(
    client: Pick<KeystoneClient, "get">,
    region: string,
    onOutage: (error: unknown) => void = () => {},
  ) {
    this.#client = client;
    this.#region = region;
    this.#onOutage = onOutage;
  }

  /** Rejects `unavailable` if Keystone cannot answer, or if a limit is not registered there. */
  async of(project: string): Promise<UnifiedLimits> {
    const known = this.#fresh.get(project);
    if (known) return known;
    try {
      return await this.#questions.once(project, () => this.#ask(project));
    } catch (error) {
      const last = this.#stale.get(project);
      if (!last) throw error;
      this.#onOutage(error);
      return last;
    }
  }

  async #ask(project: string): Promise<UnifiedLimits> {
    const asked = Date.now();
    const [service] = (await this.#list("/services?type=image", services)).services;
    if (!service) throw away("Keystone knows no service of type image");
    const of = `service_id=${encodeURIComponent(service.id)}`;
    const [defaults, own] = await Promise.all([
      this.#list(`/registered_limits?${of}`, registered),
      this.#list(`/limits?${of}&project_id=${encodeURIComponent(project)}`, ofProject),
    ]);
    const said = {
      ...this.#byName(defaults.registered_limits, (one) => one.default_limit),
      ...this.#byName(own.limits, (one) => one.resource_limit),
    };
    const missing = UNIFIED_LIMITS.filter((name) => said[name] === undefined);
    if (missing.length > 0) throw away(`Keystone has no registered limit ${missing.join(", ")}`);
    const limits = said as unknown as UnifiedLimits;
    this.#fresh.put(project, limits, asked + FRESH_MILLISECONDS);
    this.#stale.put(project, limits, asked + STALE_MILLISECONDS);
    return limits;
  }

  async #list<T>(path: string, shape: z.ZodType<T>): Promise<T> {
    const answer = await this.#client.get(path);
    const parsed = shape.safeParse(answer.body);
    if (answer.status !== 200 || !parsed.success) throw away(`Keystone answered ${answer.status} to ${path}`);
    return parsed.data;
  }

  /** Limits by name; those of the region override those of no region. */
  #byName<T extends { resource_name: string; region_id?: string | null | undefined }>(
    limits: readonly T[],
    value: (limit: T) => number,
  ): Record<string, number> {
    const named = (wanted: (region: string | null) => boolean) =>
      limits
        .filter(({ region_id = null }) => wanted(region_id))
        .map((one) => [one.resource_name, value(one)] as const);
    return Object.fromEntries([
      ...named((region) => region === null),
      ...named((region) => region === this.#region),
    ]);
  }
}

const known = new WeakMap<object, KeystoneLimits>();

/** The isolate's view of Keystone's limits; undefined if they are not used. */
export function keystoneLimitsOf(config: Config, env: Env): KeystoneLimits | undefined {
  const { identity, quotas } = config;
  if (!quotas.useKeystoneLimits || identity.mode !== "keystone") return undefined;
  let limits = known.get(quotas);
  if (!limits) {
    const client = keystoneLimitsClientOf(config, env);
    if (!client) return undefined;
    const log = logFrom(config.logLevel);
    limits = new KeystoneLimits(client, identity.region, (error) =>
      log.warn("limits of a while ago are used: Keystone cannot tell", errorFields(error)),
    );
    known.set(quotas, limits);
  }
  return limits;
}
