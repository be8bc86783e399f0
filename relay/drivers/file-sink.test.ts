import type { FileHandle } from "node:fs/promises";
import { expect, test } from "vitest";
import { FileSink } from "./file-sink.ts";

const MiB = 1024 * 1024;
const block = new Uint8Array(MiB).fill(1);

/** A file whose disk takes its time, and what was asked of it. */
function fileOf(syncs: () => Promise<void>) {
  const asked: string[] = [];
  const file = {
    write: async (_bytes: Uint8Array, _at: number, length: number) => ({ bytesWritten: length }),
    datasync: () => {
      asked.push("datasync");
      return syncs();
    },
    truncate: async (size: number) => void asked.push(`truncate ${size}`),
    sync: async () => void asked.push("sync"),
  };
  return { asked, sink: new FileSink(file as unknown as FileHandle) };
}

const write = async (sink: FileSink, blocks: number, from = 0) => {
  for (let n = 0; n < blocks; n++) await sink.write(block, (from + n) * MiB);
};

test("the disk is kept busy while more comes, by one request at a time, and all is safe at the end", async () => {
  const synced = Promise.withResolvers<void>();
  const { asked, sink } = fileOf(() => synced.promise);
  await write(sink, 31);
  expect(asked).toEqual([]);
  await write(sink, 97, 31);
  expect(asked).toEqual(["datasync"]);
  const finished = sink.finish(128 * MiB);
  synced.resolve();
  await finished;
  expect(asked).toEqual(["datasync", `truncate ${128 * MiB}`, "sync"]);
});

test("a disk that failed in the middle is not forgotten at the end, whatever it says then", async () => {
  const full = Object.assign(new Error("no space left"), { code: "ENOSPC" });
  const { asked, sink } = fileOf(() => Promise.reject(full));
  await write(sink, 40);
  await expect(sink.finish(40 * MiB)).rejects.toMatchObject({ kind: "full" });
  expect(asked).not.toContain("sync");
});
