import { expect, test } from "vitest";
import { ServiceError } from "../domain/errors.ts";
import { Allowance } from "./allowance.ts";

const MiB = 1024 * 1024;

/** A quota of so many bytes, of which an upload has some already, and what it was asked for. */
function quota(most: number, granted = 0) {
  const asked: number[] = [];
  let given = granted;
  return {
    asked,
    allowance: new Allowance(granted, async (bytes) => {
      asked.push(bytes);
      given = Math.max(given, Math.min(bytes, most));
      return given;
    }),
  };
}

const tooLarge = expect.objectContaining({ kind: "tooLarge" });

test("what is granted is taken to its last byte, and not a byte more where there is no more", async () => {
  const { allowance } = quota(10, 10);
  await allowance.admit(9);
  await allowance.admit(1);
  await expect(allowance.admit(1)).rejects.toEqual(tooLarge);
});

test("an upload that was granted nothing may still be empty", async () => {
  const { allowance, asked } = quota(0);
  await allowance.admit(0);
  expect(asked).toEqual([]);
  await expect(allowance.admit(1)).rejects.toEqual(tooLarge);
});

test("more is asked for when half of the last step is used, in steps that double up to 1 GiB", async () => {
  const { allowance, asked } = quota(Infinity, 64 * MiB);
  const steps: number[] = [];
  for (let moved = 0; moved < 6000; moved++) {
    const before = asked.length;
    await allowance.admit(MiB);
    await Promise.resolve();
    if (asked.length > before) steps.push(moved + 1);
  }
  expect(steps).toEqual([33, 129, 321, 705, 1473, 2497, 3521, 4545, 5569]);
  expect(asked.map((bytes) => bytes / MiB)).toEqual([192, 448, 960, 1984, 3008, 4032, 5056, 6080, 7104]);
});

test("a writer waits where the answer has not come, and many pieces ask once", async () => {
  const answers: ((bytes: number) => void)[] = [];
  const allowance = new Allowance(10, () => new Promise((resolve) => answers.push(resolve)));
  await allowance.admit(6);
  const second = allowance.admit(6);
  let done = false;
  second.then(() => {
    done = true;
  });
  await Promise.resolve();
  expect([answers.length, done]).toEqual([1, false]);
  answers[0]?.(12);
  await second;
  expect(answers.length).toBe(1);
});

test("where there was no more it is asked again only when it is needed, for others may have given back", async () => {
  let most = 10;
  const asked: number[] = [];
  const allowance = new Allowance(10, async (bytes) => {
    asked.push(bytes);
    return most;
  });
  for (let byte = 0; byte < 10; byte++) {
    await allowance.admit(1);
    await new Promise((resolve) => setTimeout(resolve));
  }
  expect(asked).toHaveLength(1);
  most = 11;
  await allowance.admit(1);
  await expect(allowance.admit(1)).rejects.toEqual(tooLarge);
});

test("what cannot be asked ahead is asked again, and what cannot be asked when needed ends the upload", async () => {
  const outage = new ServiceError("unavailable", "away");
  let away = true;
  const allowance = new Allowance(10, async (bytes) => {
    if (away) throw outage;
    return Math.min(bytes, 30);
  });
  await allowance.admit(6);
  await new Promise((resolve) => setTimeout(resolve));
  away = false;
  await allowance.admit(24);
  away = true;
  await expect(allowance.admit(10)).rejects.toBe(outage);
});
