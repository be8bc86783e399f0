import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { ImageCoordinator } from "../../src/durable/image-coordinator.ts";
import type { Env } from "../../src/env.ts";
import { Home } from "../../src/home/home.ts";

/** What was asked: of each question to the catalogue its number of statements, and each call of an image's object. */
export interface Asked {
  readonly questions: readonly number[];
  readonly calls: readonly string[];
}

/** Every question arrives here, whether the worker asks it or an image's object. */
const query = vi.spyOn(Home.prototype, "query");
const calls: string[] = [];

const { alarm } = ImageCoordinator.prototype;
// It runs when it likes, and what it asks would be counted with some request.
vi.spyOn(ImageCoordinator.prototype, "alarm").mockResolvedValue();

/** The alarm of an image's object, which runs at no other time. */
export const runAlarm = (imageId: string): Promise<void> =>
  runInDurableObject(env.IMAGE_COORDINATOR.getByName(imageId), (object) => alarm.call(object));

/** The worker's way to the images' objects, by which calls are counted. */
export const COUNTED = {
  IMAGE_COORDINATOR: {
    getByName: (imageId: string) =>
      new Proxy(env.IMAGE_COORDINATOR.getByName(imageId), {
        get:
          (stub, method) =>
          (...args: unknown[]) => {
            calls.push(String(method));
            return Reflect.apply(Reflect.get(stub, method), stub, args);
          },
      }),
  } as Env["IMAGE_COORDINATOR"],
};

/** What this asks until it has its answer. */
export async function askedFor(work: () => Promise<unknown>): Promise<Asked> {
  query.mockClear();
  calls.length = 0;
  await work();
  return { questions: query.mock.calls.map(([queries]) => queries.length), calls: [...calls] };
}

/** Questions, calls and their names, written as in ARCHITECTURE.md. */
export const questionsIn = ({ questions }: Asked): string =>
  questions.length === 0 ? "0" : `${questions.length} [${questions.join(", ")}]`;
export const callsIn = ({ calls }: Asked): string =>
  calls.length === 0 ? "0" : `${calls.length}: ${namesIn(calls)}`;
export const namesIn = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");
