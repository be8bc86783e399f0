import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TEST_KEY } from "../../test/support/relay.node.ts";
import { bytesOf, heldStream, streamOf } from "../../test/support/streams.ts";
import { StubEdge } from "../../test/support/stub-edge.node.ts";
import { HashThreads } from "../hashing/hash-threads.ts";
import { PartBuffers } from "../part-buffers.ts";
import { Edge } from "./edge.ts";
import { HeldLease } from "./lease.ts";
import { uploadInParts } from "./part-upload.ts";

const MiB = 1024 * 1024;
const STALL_SECONDS = 0.3;
const LONG_SECONDS = 60;

let stub: StubEdge;
let edge: Edge;
let threads: HashThreads;

beforeEach(async () => {
  stub = await StubEdge.start();
  threads = new HashThreads();
  edge = new Edge({ url: stub.url, key: TEST_KEY, boot: { id: "life", startedAt: 1 }, connections: 10 });
});

afterEach(async () => {
  await edge.close();
  await stub.stop();
  await threads.stop();
});

/** An upload in parts of 1 MiB, whose lease is looked at often. */
async function uploading(
  image: string,
  body: ReadableStream<Uint8Array>,
  buffers: PartBuffers,
  { size, stallSeconds = LONG_SECONDS }: { readonly size?: number; readonly stallSeconds?: number } = {},
) {
  const grant = {
    ...({ how: "parts", partBytes: MiB, maxParts: 100, maxBytes: 100 * MiB, hashAlgo: "sha512" } as const),
    ...{ lease: "l", leaseSeconds: 60, heartbeatSeconds: 0.05, stallSeconds },
    ...(size === undefined ? {} : { size }),
  };
  using lease = new HeldLease({ edge, image, grant, headers: {} });
  const how = { hashAlgo: "sha512", maxBytes: 100 * MiB, signal: lease.signal } as const;
  const upload = { edge, threads, buffers, image, grant, lease, headers: {} };
  return await uploadInParts(body, how, upload).catch((error) => {
    throw lease.lost ?? error;
  });
}

/** How many heartbeats of an image the edge has heard. */
const beats = (image: string) =>
  stub.asked.filter((asked) => asked.includes(`${image}/transfers/l/heartbeat`));

describe("where memory for parts is short", () => {
  test("a long upload keeps no more of it than the part that it fills", async () => {
    const buffers = new PartBuffers(2 * MiB);
    const long = heldStream(bytesOf(2 * MiB + 1), bytesOf(1));
    const first = uploading("long", long.body, buffers);
    await long.reached;
    expect(await uploading("other", streamOf(bytesOf(3 * MiB)), buffers)).toMatchObject({ size: 3 * MiB });
    long.resume();
    expect(await first).toMatchObject({ size: 2 * MiB + 2 });
  });

  test("an upload waits for its turn, which is no stall of its client", async () => {
    const buffers = new PartBuffers(MiB);
    const taken = await buffers.take(MiB, new AbortController().signal);
    const waiting = uploading("waiting", streamOf(bytesOf(3)), buffers, { stallSeconds: STALL_SECONDS });
    await expect
      .poll(() => beats("waiting").length, { timeout: 10_000 })
      .toBeGreaterThan((2 * STALL_SECONDS) / 0.05);
    buffers.giveBack(taken);
    expect(await waiting).toMatchObject({ size: 3 });
  });

  test("an upload of a known small length takes no more than that", async () => {
    const buffers = new PartBuffers(MiB);
    const part = await buffers.take(MiB - 3, new AbortController().signal);
    expect(await uploading("small", streamOf(bytesOf(3)), buffers, { size: 3 })).toMatchObject({ size: 3 });
    buffers.giveBack(part);
  });
});

test("an upload that is given up while a part waits for the one before it keeps no memory", async () => {
  const hashed = Promise.withResolvers<void>();
  const slow = {
    open: () => [{ update: () => hashed.promise, finish: async () => "", close: () => {} }],
  } as unknown as HashThreads;
  const buffers = new PartBuffers(3 * MiB);
  const grant = {
    ...({ how: "parts", partBytes: MiB, maxParts: 100, maxBytes: 100 * MiB, hashAlgo: "sha512" } as const),
    ...{ lease: "l", leaseSeconds: 60, heartbeatSeconds: 60, stallSeconds: LONG_SECONDS },
  };
  using lease = new HeldLease({ edge, image: "given-up", grant, headers: {} });
  const taken = Promise.withResolvers<void>();
  vi.spyOn(lease, "heard").mockImplementation(() => taken.resolve());
  const client = new AbortController();
  const how = { hashAlgo: "sha512", maxBytes: 100 * MiB, signal: client.signal } as const;
  const upload = { edge, threads: slow, buffers, image: "given-up", grant, lease, headers: {} };
  const given = uploadInParts(streamOf(bytesOf(3 * MiB), 3 * MiB), how, upload);
  // The first part is with the edge and is hashed, the second one is full.
  await taken.promise;
  client.abort(new Error("the client went away"));
  hashed.resolve();
  await expect(given).rejects.toThrow("the client went away");
  expect(buffers.spare(3 * MiB)).toBeDefined();
});

test("a part that is broken off each time is not tried for ever, though the edge answers otherwise", async () => {
  stub.on("PUT /relay/v1/images/broken", (request) => {
    request.once("data", () => request.socket.destroy());
  });
  const how = { stallSeconds: STALL_SECONDS };
  await expect(uploading("broken", streamOf(bytesOf(MiB)), new PartBuffers(MiB), how)).rejects.toThrow(
    `No byte of the image moved for ${STALL_SECONDS} seconds`,
  );
});
