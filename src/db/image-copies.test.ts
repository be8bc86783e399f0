import { expect, test } from "vitest";
import type { ImageRecord } from "../domain/image.ts";
import { ImageCopies } from "./image-copies.ts";

const RECORD = { id: "i", name: "one", properties: {}, tags: [], locations: [] } as unknown as ImageRecord;
const MINUTE = 60_000;

/** What the database has, how often it was asked, and answers that wait until they are let go. */
class Database {
  asked = 0;
  image: ImageRecord | undefined = RECORD;
  readonly find = async () => {
    this.asked++;
    return this.image;
  };
}

/** A promise that a test settles. */
function held<T>() {
  return Promise.withResolvers<T>();
}

test("what was read once is a copy the next time, for each project its own", async () => {
  const [copies, db] = [new ImageCopies(), new Database()];
  expect(await copies.get("i", "p", db.find)).toBe(RECORD);
  expect(await copies.get("i", "p", db.find)).toBe(RECORD);
  expect(db.asked).toBe(1);
  await copies.get("i", "q", db.find);
  await copies.get("i", null, db.find);
  expect(db.asked).toBe(3);
});

test("an image that is not there is asked for each time", async () => {
  const [copies, db] = [new ImageCopies(), new Database()];
  db.image = undefined;
  expect(await copies.get("i", "p", db.find)).toBeUndefined();
  db.image = RECORD;
  expect(await copies.get("i", "p", db.find)).toBe(RECORD);
});

test.each([
  ["succeeds", async () => undefined],
  ["fails", async () => Promise.reject(new Error("no database"))],
])("a write of the image that %s takes every project's copy", async (_how, write) => {
  const [copies, db] = [new ImageCopies(), new Database()];
  for (const project of ["p", "q"]) await copies.get("i", project, db.find);
  await copies.during("i", write).catch(() => undefined);
  for (const project of ["p", "q"]) await copies.get("i", project, db.find);
  expect(db.asked).toBe(4);
});

test("a write of another image leaves the copy", async () => {
  const [copies, db] = [new ImageCopies(), new Database()];
  await copies.get("i", "p", db.find);
  await copies.during("j", async () => undefined);
  await copies.get("i", "p", db.find);
  expect(db.asked).toBe(1);
});

test("what is read while the image is written is not kept, however many write it", async () => {
  const [copies, db] = [new ImageCopies(), new Database()];
  const [first, second] = [held<void>(), held<void>()];
  const writes = [first, second].map(({ promise }) => copies.during("i", () => promise));
  await copies.get("i", "p", db.find);
  first.resolve();
  await writes[0];
  await copies.get("i", "p", db.find);
  await copies.get("i", "p", db.find);
  expect(db.asked).toBe(3);
  second.resolve();
  await writes[1];
  await copies.get("i", "p", db.find);
  await copies.get("i", "p", db.find);
  expect(db.asked).toBe(4);
});

test("a read that a write overtakes is an answer, and no copy", async () => {
  const [copies, db] = [new ImageCopies(), new Database()];
  const slow = held<ImageRecord>();
  const read = copies.get("i", "p", () => slow.promise);
  await copies.during("i", async () => undefined);
  slow.resolve(RECORD);
  expect(await read).toBe(RECORD);
  await copies.get("i", "p", db.find);
  expect(db.asked).toBe(1);
});

test("a write that was cut off, and never ends, keeps copies away for five minutes", async () => {
  let now = 0;
  const [copies, db] = [new ImageCopies(() => now), new Database()];
  void copies.during("i", () => held<void>().promise);
  now = 5 * MINUTE - 1;
  for (const _ of "12") await copies.get("i", "p", db.find);
  expect(db.asked).toBe(2);
  now = 5 * MINUTE;
  for (const _ of "12") await copies.get("i", "p", db.find);
  expect(db.asked).toBe(3);
});

test("a thousand copies are held, whosever they are; the image that was there first goes first", async () => {
  const [copies, db] = [new ImageCopies(), new Database()];
  for (let n = 0; n < 500; n++) for (const id of ["i", "j"]) await copies.get(id, String(n), db.find);
  await copies.get("k", "p", db.find);
  await copies.get("j", "0", db.find);
  expect(db.asked).toBe(1_001);
  await copies.get("i", "0", db.find);
  expect(db.asked).toBe(1_002);
});

test("the latest are held, and no large one", async () => {
  const [copies, db] = [new ImageCopies(), new Database()];
  for (let n = 0; n <= 1_000; n++) await copies.get(String(n), "p", db.find);
  await copies.get("1", "p", db.find);
  expect(db.asked).toBe(1_001);
  await copies.get("0", "p", db.find);
  expect(db.asked).toBe(1_002);
  db.image = { ...RECORD, properties: { large: "x".repeat(5_000) } };
  for (const _ of "12") await copies.get("large", "p", db.find);
  expect(db.asked).toBe(1_004);
});
