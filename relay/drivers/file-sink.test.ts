import type { FileHandle } from "node:fs/promises";
import { expect, test } from "vitest";
import { FileSink } from "./file-sink.ts";

const MiB = 1024 * 1024;
const block = new Uint8Array(MiB).fill(1);

/** A file whose disk takes its time, and what was asked of it. */
function fileOf(syncs: () => Promise<void>) {
  const asked: string[] = [];
  const file = {
    write: async (_bytes: Uint8Array, _at: number, length: number, position: number) => {
      asked.push(`write ${length} at ${position}`);
      return { bytesWritten: length };
    },
    datasync: () => {
      asked.push("datasync");
      return syncs();
    },
    truncate: async (size: number) => void asked.push(`truncate ${size}`),
    sync: async () => void asked.push("sync"),
    close: async () => void asked.push("close"),
  };
  const syncsAsked = () => asked.filter((what) => !what.startsWith("write"));
  return { asked, syncsAsked, file: file as unknown as FileHandle };
}

const cached = (syncs: () => Promise<void> = async () => {}) => {
  const all = fileOf(syncs);
  return { ...all, sink: new FileSink(all.file, async () => undefined) };
};

const write = async (sink: FileSink, blocks: number, from = 0) => {
  for (let n = 0; n < blocks; n++) await sink.write(block, (from + n) * MiB);
};

test("the disk is kept busy while more comes, by one request at a time, and all is safe at the end", async () => {
  const synced = Promise.withResolvers<void>();
  const { syncsAsked, sink } = cached(() => synced.promise);
  await write(sink, 31);
  expect(syncsAsked()).toEqual([]);
  await write(sink, 97, 31);
  expect(syncsAsked()).toEqual(["datasync"]);
  const finished = sink.finish(128 * MiB);
  synced.resolve();
  await finished;
  expect(syncsAsked()).toEqual(["datasync", `truncate ${128 * MiB}`, "sync"]);
});

test("a disk that failed in the middle is not forgotten at the end, whatever it says then", async () => {
  const full = Object.assign(new Error("no space left"), { code: "ENOSPC" });
  const { asked, sink } = cached(() => Promise.reject(full));
  await write(sink, 40);
  await expect(sink.finish(40 * MiB)).rejects.toMatchObject({ kind: "full" });
  expect(asked).not.toContain("sync");
});

test("whole blocks after the first go past the page cache, and nothing else does", async () => {
  const { file, asked } = fileOf(async () => {});
  const past = fileOf(async () => {});
  let opened = 0;
  const sink = new FileSink(file, async () => {
    opened++;
    return past.file;
  });
  await write(sink, 1);
  expect(opened).toBe(0);
  await Promise.all([write(sink, 1, 1), write(sink, 1, 2)]);
  await sink.write(block.subarray(0, 5000), 3 * MiB);
  await sink.finish(3 * MiB + 5000);
  await sink.close();
  expect(opened).toBe(1);
  expect(past.asked).toEqual([`write ${MiB} at ${MiB}`, `write ${MiB} at ${2 * MiB}`, "close"]);
  const size = 3 * MiB + 5000;
  expect(asked).toEqual([`write ${MiB} at 0`, `write 5000 at ${3 * MiB}`, `truncate ${size}`, "sync"]);
});

test("a disk that refuses such writes gets them through the page cache, and is not asked again", async () => {
  const { file, asked } = fileOf(async () => {});
  let refused = 0;
  const refusing = {
    write: async () => {
      refused++;
      throw Object.assign(new Error("invalid argument"), { code: "EINVAL" });
    },
    close: async () => {},
  } as unknown as FileHandle;
  const sink = new FileSink(file, async () => refusing);
  await write(sink, 3);
  await sink.close();
  expect(refused).toBe(1);
  expect(asked).toEqual([0, 1, 2].map((n) => `write ${MiB} at ${n * MiB}`));
});

test("a disk that is full is so past the page cache, too", async () => {
  const { file } = fileOf(async () => {});
  const full = Object.assign(new Error("no space left"), { code: "ENOSPC" });
  const sink = new FileSink(
    file,
    async () => ({ write: () => Promise.reject(full) }) as unknown as FileHandle,
  );
  await expect(write(sink, 2)).rejects.toMatchObject({ kind: "full" });
});
