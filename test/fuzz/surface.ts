import * as fc from "fast-check";
import { afterAll, expect, inject, test } from "vitest";
import { aWebServer } from "../support/web-server.ts";
import { type Instruction, instructions } from "./instructions.ts";
import { play } from "./play.ts";
import { settle } from "./settle.ts";
import { counted, World } from "./world.ts";

/** Instructions of one world at most; each is a request or several. */
const LENGTH = 300;

/** What every world begins with: images of two projects, and some that are shared, so that there is much to see. */
const FOUNDING: readonly Instruction[] = [
  ...[1, 1, 1, 3, 3, 0].map((who): Instruction => {
    const fields = { formats: true, visibility: who === 0 ? "public" : "shared" } as const;
    return { kind: "create", who, owner: "own", fields };
  }),
  ...[0, 4, 8].flatMap((image): Instruction[] =>
    [1, 2].map((project) => ({ kind: "share", who: 1, image, project })),
  ),
];

/**
 * Worlds of one file of the ring, each a test: random requests to the service and to a model of it, right and wrong,
 * and then a look at all that is left. A failure prints its seed and the shortest instructions that still break it.
 */
export function surface(part: number, settings: Readonly<Record<string, unknown>> = {}): void {
  const { seed, worlds, requests } = inject("fuzz");
  const web = aWebServer();
  for (let world = 0; world < worlds; world++) {
    const own = seed + part * 10_000 + world;
    test(`a world of seed ${own}: nothing that is asked breaks the service, or is answered as it should not be`, async () => {
      const property = fc.asyncProperty(instructions(LENGTH), async (all) => {
        const world = new World(web.origin, settings);
        for (const instruction of [...FOUNDING, ...all]) await play(world, instruction);
        await settle(world);
      });
      await fc.assert(property, { seed: own, numRuns: 1, interruptAfterTimeLimit: 120_000 });
    });
  }

  test("there were as many requests as the ring promises", () => {
    expect(counted.requests).toBeGreaterThanOrEqual(requests);
  });

  afterAll(() => console.log(`fuzz, part ${part}: ${counted.requests} requests, FUZZ_SEED=${seed}`));
}
