import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { checkpointTo } from "../../relay/checkpoint.ts";
import { FileStore } from "../../relay/drivers/file.ts";
import { HashThreads } from "../../relay/hashing/hash-threads.ts";
import { MemoryStore } from "../../src/stores/memory.ts";
import { startTestRelay, type TestRelay } from "../support/relay.node.ts";
import { storeConformance } from "./store.ts";

const freshKey = () => randomUUID();
const threads = new HashThreads();
let relay: TestRelay;
let dir: string;

beforeAll(async () => {
  relay = await startTestRelay();
  dir = await mkdtemp(join(tmpdir(), "glimpse-file-"));
});

afterAll(async () => {
  await relay.stop();
  await threads.stop();
  await rm(dir, { recursive: true, force: true });
});

storeConformance("memory, in Node", { open: async () => new MemoryStore("conformance"), freshKey });
storeConformance("file", {
  open: () => FileStore.open({ dir, threads, checkpoint: checkpointTo(undefined) }),
  freshKey,
});
storeConformance("relay over memory", { open: async () => relay.memoryStore(), freshKey });
storeConformance("relay over file", { open: async () => relay.fileStore(), freshKey });
