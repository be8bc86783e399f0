import { expect, test } from "vitest";
import { ImageSink } from "./image-sink.ts";
import type { OpenImage } from "./open-image.ts";

const MiB = 1024 * 1024;

/** An image that remembers what was done to it. */
function given(size = 0) {
  const done: string[] = [];
  const image = {
    write: async (bytes: Uint8Array, at: number) =>
      void done.push(`write ${at / MiB}+${bytes.byteLength / MiB}`),
    resize: async (to: number) => void done.push(`resize ${to / MiB}`),
    flush: async () => void done.push("flush"),
  } as unknown as OpenImage;
  return { done, sink: new ImageSink(image, size) };
}

const full = (bytes: number) => new Uint8Array(bytes).fill(1);

test("an image of unknown length grows twice as far each time, by 8 GiB at most, and is cut at the end", async () => {
  const { done, sink } = given();
  const zeros = new Uint8Array(8 * MiB);
  for (let at = 0; at < 40 * 1024; at += 8) await sink.write(zeros, at * MiB);
  await sink.finish(40 * 1024 * MiB);
  const doubled = [8, 24, 56, 120, 248, 504, 1016, 2040, 4088, 8184, 16_376];
  const steps = [...doubled, 24_568, 32_760, 40_952, 49_144, 40_960];
  expect(done).toEqual([...steps.map((size) => `resize ${size}`), "flush"]);
});

test("blocks that come at once grow it once", async () => {
  const { done, sink } = given();
  await Promise.all([sink.write(full(MiB), 0), sink.write(full(MiB), MiB)]);
  expect(done).toEqual(["resize 8", "write 0+1", "write 1+1"]);
});

test("an image of known length is neither grown nor cut", async () => {
  const { done, sink } = given(MiB);
  await sink.write(full(MiB), 0);
  await sink.finish(MiB);
  expect(done).toEqual(["write 0+1", "flush"]);
});

test("zeros are left out, by whole MiB", async () => {
  const { done, sink } = given(8 * MiB);
  const bytes = new Uint8Array(8 * MiB);
  bytes[0] = bytes[3 * MiB] = bytes[5 * MiB - 1] = 1;
  await sink.write(bytes, 0);
  expect(done).toEqual(["write 0+1", "write 3+2"]);
});
