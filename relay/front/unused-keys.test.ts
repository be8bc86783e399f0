import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { ImageStore } from "../../src/stores/contract.ts";
import { unusedIn } from "./unused-keys.ts";

const KEY = randomUUID();

const storeThat = (isUnused?: () => Promise<boolean>) => ({ isUnused }) as unknown as ImageStore;

test("only stores that find nothing under the key are named", async () => {
  const stores = new Map([
    ["empty", storeThat(async () => true)],
    ["taken", storeThat(async () => false)],
    ["failing", storeThat(() => Promise.reject(new Error("EIO")))],
    ["asked by the edge", storeThat()],
  ]);
  expect(await unusedIn(stores, KEY)).toEqual({ key: KEY, stores: ["empty"] });
  expect(await unusedIn(stores, "../etc/passwd")).toBeUndefined();
});

test("one that does not answer keeps nobody waiting, and is not asked again until it has", async () => {
  let asked = 0;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const hanging = storeThat(() => {
    asked++;
    return promise;
  });
  const stores = new Map([
    ["hanging", hanging],
    ["empty", storeThat(async () => true)],
  ]);
  expect(await unusedIn(stores, KEY, 1)).toMatchObject({ stores: ["empty"] });
  expect(await unusedIn(stores, KEY, 1)).toMatchObject({ stores: ["empty"] });
  expect(asked).toBe(1);
  resolve(true);
  await expect.poll(() => unusedIn(stores, KEY)).toMatchObject({ stores: ["hanging", "empty"] });
});
