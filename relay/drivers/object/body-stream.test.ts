import { expect, test } from "vitest";
import { ServiceError } from "../../../src/domain/errors.ts";
import { join, streamOf } from "./body-stream.ts";

const joined = {
  idleSeconds: 5,
  failure: (cause: unknown) => new ServiceError("unavailable", "It broke off.", { cause }),
};

test("bodies that are joined end with who does not even begin to read them", async () => {
  let ended = 0;
  const source = { read: async () => 1, end: () => void ended++ };
  const body = join(
    Array.from({ length: 2 }, () => ({ length: 10, open: async () => streamOf(source) })),
    joined,
  );
  await body.cancel();
  await expect.poll(() => ended).toBe(1);
});

test("bodies that are joined end with one that is still to come", async () => {
  const coming = Promise.withResolvers<ReadableStream<Uint8Array>>();
  let told: AbortSignal | undefined;
  const body = join(
    [
      {
        length: 10,
        open: (signal) => {
          told = signal;
          return coming.promise;
        },
      },
    ],
    joined,
  );
  await body.cancel();
  expect(told?.aborted).toBe(true);
  let ended = 0;
  coming.resolve(streamOf({ read: async () => 1, end: () => void ended++ }));
  await expect.poll(() => ended).toBe(1);
});
