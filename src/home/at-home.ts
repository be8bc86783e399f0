import { holdCopies } from "../db/catalogue-copies.ts";
import type { Env } from "../env.ts";
import { HOME, type Home } from "./home.ts";
import { HomeDatabase } from "./home-database.ts";

/** What the launcher binds: objects in place of D1. */
export type HomeEnv = Omit<Env, "DB"> & { readonly HOME: DurableObjectNamespace<Home> };

const made = new WeakMap<HomeEnv, Env>();

/** The worker's environment as on Cloudflare, built from the bindings at home; always the same object. */
export function atHome(env: HomeEnv): Env {
  const known = made.get(env);
  if (known) return known;
  const database = new HomeDatabase((queries) => env.HOME.getByName(HOME).query(queries));
  const whole = { ...env, DB: database as unknown as D1Database };
  holdCopies(whole.DB);
  made.set(env, whole);
  return whole;
}
