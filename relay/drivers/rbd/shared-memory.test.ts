import { createReadStream, fstatSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { bytesOf } from "../../../test/support/streams.ts";
import { Mapping } from "./mapping.ts";
import { SHARED_BYTES, SharedMemory, SLOT_BYTES, SLOTS } from "./shared-memory.ts";

async function memoryOfBoth() {
  const memory = await SharedMemory.open();
  onTestFinished(() => memory.close());
  return { memory, mapping: new Mapping(memory.fd) };
}

const bytes = bytesOf(SLOT_BYTES);

test("what is written here is there where it is mapped, and the other way round", async () => {
  const { memory, mapping } = await memoryOfBoth();
  const slots = Array.from({ length: SLOTS }, () => memory.take());
  for (const slot of slots) await memory.write(slot, bytes.subarray(slot));
  for (const slot of slots)
    expect(Buffer.compare(mapping.slot(slot, SLOT_BYTES - slot), bytes.subarray(slot))).toBe(0);
  mapping.slot(2, 5).set([5, 4, 3, 2, 1]);
  const [few, many] = [new Uint8Array(5), new Uint8Array(SLOT_BYTES - 1)];
  await Promise.all([memory.read(2, few), memory.read(1, many)]);
  expect([...few]).toEqual([5, 4, 3, 2, 1]);
  expect(Buffer.compare(many, bytes.subarray(1))).toBe(0);
});

test("a slot that is taken is nobody else's until it is given back", async () => {
  const { memory } = await memoryOfBoth();
  const slots = new Set(Array.from({ length: SLOTS }, () => memory.take()));
  expect(slots.size).toBe(SLOTS);
  expect(() => memory.take()).toThrow("more operations");
  memory.give(3);
  expect(memory.take()).toBe(3);
});

test("it has no name, and there is no more of it than was said", async () => {
  const { memory, mapping } = await memoryOfBoth();
  expect(fstatSync(memory.fd).nlink).toBe(0);
  const whole = await buffer(createReadStream("", { fd: memory.fd, start: 0, autoClose: false }));
  expect(whole.byteLength).toBe(SHARED_BYTES);
  expect(() => mapping.slot(0, SLOT_BYTES + 1)).toThrow("larger than its memory");
});
