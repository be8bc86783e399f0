import { env } from "cloudflare:workers";
import { atHome, type HomeEnv } from "../../src/home/at-home.ts";

/** Runs before a file of the rings at home: all ask the object that has the tables there, with copies of what it said. */
Object.assign(env, { DB: atHome(env as unknown as HomeEnv).DB });
for (const { queries } of env.TEST_MIGRATIONS) for (const query of queries) await env.DB.prepare(query).run();
