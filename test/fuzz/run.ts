import { startVitest } from "vitest/node";

/**
 * The ring of random requests. `npm run fuzz`; `FUZZ_SEED=… npm run fuzz` repeats a run, `FUZZ_WORLDS=…` says how many
 * worlds each of the three files has: the third on the catalogue as it is at home, with copies. Every world is a check.
 */

// Miniflare would ask the internet where it is.
process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false";

const vitest = await startVitest("test", [], { watch: false, project: ["fuzz", "fuzz-home"] });
const states = vitest.state
  .getTestModules()
  .flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
const count = (state: string) => states.filter((each) => each === state).length;
await vitest.close();
console.log(`fuzz: ${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped`);
process.exit(process.exitCode ?? (count("passed") > 0 && count("failed") === 0 ? 0 : 1));
