import * as fc from "fast-check";
import type { Instruction, Step } from "./instructions.ts";
import { play } from "./play.ts";
import { settle } from "./settle.ts";
import type { World } from "./world.ts";

/** What every world begins with: images of two projects, and some that are shared, so that there is much to see. */
const FOUNDING = [
  ...[1, 1, 1, 3, 3, 0].map((who): Instruction => {
    const fields = { formats: true, visibility: who === 0 ? "public" : "shared" } as const;
    return { kind: "create", who, owner: "own", fields };
  }),
  ...[0, 4, 8].flatMap((image): Instruction[] =>
    [1, 2].map((project) => ({ kind: "share", who: 1, image, project })),
  ),
].map((instruction): Step => ({ instruction }));

/** How long what broke is made shorter: with a service that waits where it is broken, a world may take seconds. */
const SHORTENING_MILLISECONDS = 30_000;

export interface Failure {
  readonly error: unknown;
  /** Requests that led there. */
  readonly requests: readonly string[];
  /** Up to the one that broke it. */
  readonly steps: readonly Step[];
  /** Every step was right, and what they left is not. */
  readonly isOfTheEnd: boolean;
}

/** Plays the steps in the new world, and looks at all that is left; gives back what broke it, if anything did. */
export async function failureOf(
  steps: readonly Step[],
  world: World,
  { looksAtTheEnd } = { looksAtTheEnd: true },
): Promise<Failure | undefined> {
  const all = [...FOUNDING, ...steps];
  let played = 0;
  let asked = 0;
  try {
    for (; played < all.length; played++) await play(world, all[played] as Step);
    asked = world.log.length;
    if (looksAtTheEnd) await settle(world);
    return undefined;
  } catch (error) {
    const isOfTheEnd = played === all.length;
    return {
      error,
      requests: isOfTheEnd ? [...world.log.slice(0, asked), ...world.log.slice(-1)] : world.log,
      steps: all.slice(FOUNDING.length, played + 1),
      isOfTheEnd,
    };
  }
}

/** The same with as few of its steps as still break a world, as far as they are found in time. */
export async function shortened(found: Failure, newWorld: () => World): Promise<Failure> {
  const steps = [...found.steps];
  let shortest = found;
  const holds = fc.asyncProperty(fc.subarray(steps), async (fewer) => {
    const failure = await failureOf(fewer, newWorld(), { looksAtTheEnd: found.isOfTheEnd });
    if (!failure) return;
    shortest = failure;
    throw failure.error;
  });
  const limit = { numRuns: 1, interruptAfterTimeLimit: SHORTENING_MILLISECONDS };
  await fc.check(holds, { examples: [[steps]], ...limit });
  return shortest;
}
