import * as fc from "fast-check";
import { afterAll, expect, inject, test } from "vitest";
import { aWebServer } from "../support/web-server.ts";
import { failureOf, shortened } from "./history.ts";
import { steps } from "./instructions.ts";
import { counted, World } from "./world.ts";

/** Steps of one world at most; each is a request or several. */
const LENGTH = 300;

/**
 * Worlds of one file of the ring, each a test: random requests to the service and to a model of it, right and wrong,
 * and then a look at all that is left. The first that breaks is told with its seed and the shortest history that still
 * breaks one, and is the last: others would hardly say more.
 */
export function surface(part: number, settings: Readonly<Record<string, unknown>> = {}): void {
  const { seed, worlds, requests } = inject("fuzz");
  const web = aWebServer();
  const newWorld = () => new World(web.origin, settings);
  let isBroken = false;

  for (let world = 0; world < worlds; world++) {
    const own = seed + part * 10_000 + world;
    test(`a world of seed ${own}: nothing that is asked breaks the service, or is answered as it should not be`, async ({
      skip,
    }) => {
      skip(isBroken, "another is broken");
      const [all = []] = fc.sample(steps(LENGTH), { seed: own, numRuns: 1 });
      const found = await failureOf(all, newWorld());
      if (!found) return;
      isBroken = true;
      const { error, requests } = await shortened(found, newWorld);
      const again = `FUZZ_SEED=${own - part * 10_000} FUZZ_WORLDS=1 npm run fuzz`;
      throw new Error(`${error}\n${again} after\n${requests.join("\n")}`, { cause: error });
    });
  }

  test("there were as many requests as the ring promises", ({ skip }) => {
    skip(isBroken, "a world is broken");
    expect(counted.requests).toBeGreaterThanOrEqual(requests);
  });

  afterAll(() => console.log(`fuzz, part ${part}: ${counted.requests} requests, FUZZ_SEED=${seed}`));
}
