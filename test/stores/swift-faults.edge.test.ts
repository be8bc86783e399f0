import { describe, expect, inject, test } from "vitest";
import { ServiceError } from "../../src/domain/errors.ts";
import type { PartTaken } from "../../src/stores/contract.ts";
import type { SwiftStore } from "../../src/stores/swift.ts";
import { type Act, type Fault, Proxied } from "../support/faults.ts";
import { bytesFrom, bytesOf, streamOf } from "../support/streams.ts";
import { namesIn, openSwift } from "./open-swift.ts";
import type { SwiftService } from "./services.ts";

const KiB = 1024;
/** A segment is kept whole: however late it fails, it can be sent again. */
const SIZES = { bufferBytes: 600 * KiB, segmentBytes: 512 * KiB, largeObjectBytes: 1100 * KiB };
const TIMES = { answerSeconds: 1, idleSeconds: 1 };
const { services, faultControl } = inject("stores");

/** What a writer does, and how many segments there are then; and whether it has to do with more than it keeps. */
const WRITERS: Record<
  string,
  {
    readonly segments: number;
    readonly keepsTooLittle?: { readonly bufferBytes: number };
    readonly write: (store: SwiftStore, key: string) => Promise<Uint8Array>;
  }
> = {
  "a put of known length": {
    segments: 0,
    keepsTooLittle: { bufferBytes: 200 * KiB },
    write: (store, key) => put(store, key, 1000 * KiB, true),
  },
  "a put of unknown length that fits the buffer": {
    segments: 0,
    write: (store, key) => put(store, key, 150 * KiB, false),
  },
  "segments of known length": { segments: 3, write: (store, key) => put(store, key, 1200 * KiB, true) },
  "segments of unknown length": { segments: 3, write: (store, key) => put(store, key, 1200 * KiB, false) },
  "segments larger than what is kept": {
    segments: 3,
    keepsTooLittle: { bufferBytes: 200 * KiB },
    write: (store, key) => put(store, key, 1200 * KiB, false),
  },
  "an upload in parts": { segments: 3, write: putParts },
};

async function put(store: SwiftStore, key: string, bytes: number, known: boolean): Promise<Uint8Array> {
  const body = bytesOf(bytes);
  await store.put(key, streamOf(body), known ? { size: bytes } : {});
  return body;
}

/** As a relay does it: a part that fails is sent again, twice at most, and what fails for good is given up. */
async function putParts(store: SwiftStore, key: string): Promise<Uint8Array> {
  const whole = bytesOf(1200 * KiB);
  const upload = await store.parts.create(key);
  const parts: PartTaken[] = [];
  try {
    for (let number = 1; number <= 3; number++) {
      const piece = whole.subarray((number - 1) * 500 * KiB, number * 500 * KiB);
      const send = () => store.parts.put(key, upload, { number, bytes: piece.byteLength }, streamOf(piece));
      parts.push({ number, etag: await send().catch(send) });
    }
    await store.parts.complete(key, upload, parts);
    return whole;
  } catch (error) {
    await store.parts.abort(key, upload);
    throw error;
  }
}

const answer = (status: number, early = false, headers: Record<string, string> = {}): Act => ({
  do: "answer",
  ...{ status, early, headers },
});

/** Whatever a network and a server may do to a request. */
const ACTS: Record<string, Act> = {
  "is reset": { do: "reset" },
  "is never answered": { do: "stall" },
  "is answered 401": answer(401),
  "is answered 401 early": answer(401, true),
  "is answered 404": answer(404),
  "is answered 429": answer(429, true, { "retry-after": "1" }),
  "is answered 500": answer(500),
  "is answered 503 early": answer(503, true),
  "is answered 302": answer(302, false, { location: "http://127.0.0.1:1/" }),
  "is done and not heard of": { do: "loseAnswer" },
  "is done and never answered": { do: "stallAnswer" },
  "is done and answered 503": { do: "answerAfter", status: 503 },
  "is slow": { do: "slow", milliseconds: 300 },
};

/** Whatever the stage, a writer gets over these. */
const PASSING = ["is reset", "is answered 429", "is answered 503 early", "is slow"];

/** Those that need a request with a body. */
const BODY_ACTS: Record<string, Act> = {
  "breaks at its first byte": { do: "resetAt", in: "request", bytes: 0 },
  "breaks late": { do: "resetAt", in: "request", bytes: 300 * KiB },
  "stalls late": { do: "stallAt", in: "request", bytes: 300 * KiB },
  "is answered 201 and not done": answer(201, false, { etag: "d41d8cd98f00b204e9800998ecf8427e" }),
  "is answered 507": answer(507),
  "is answered 403": answer(403),
};

const STAGES: Record<string, { on: (key: string) => string; acts: Record<string, Act>; of: string[] }> = {
  login: { on: () => "GET /auth/", acts: ACTS, of: ["a put of known length"] },
  info: { on: () => "GET .*/info", acts: ACTS, of: ["a put of known length"] },
  "look at the key": {
    on: (key) => `HEAD .*/${key}$`,
    acts: ACTS,
    of: ["a put of known length", "an upload in parts"],
  },
  put: {
    on: (key) => `PUT .*/${key}$`,
    acts: { ...ACTS, ...BODY_ACTS },
    of: ["a put of known length", "a put of unknown length that fits the buffer"],
  },
  segment: {
    on: (key) => `PUT .*/${key}-[0-9a-f]+-00002$`,
    acts: { ...ACTS, ...BODY_ACTS },
    of: [
      "segments of known length",
      "segments of unknown length",
      "segments larger than what is kept",
      "an upload in parts",
    ],
  },
  manifest: {
    on: (key) => `PUT .*/${key}\\?multipart-manifest=put`,
    acts: { ...ACTS, ...BODY_ACTS },
    of: ["segments of known length", "an upload in parts"],
  },
};

const stores = Object.entries(services).filter(([name]) => name.endsWith("-swift")) as [
  string,
  SwiftService,
][];

for (const [name, service] of stores) {
  describe.concurrent(`swift under faults: ${name}`, () => {
    for (const [stage, { acts, of, on }] of Object.entries(STAGES))
      for (const writer of of)
        for (const [happens, act] of Object.entries(acts))
          test(`${writer}: whole or nothing when a ${stage} ${happens}`, async () => {
            const key = crypto.randomUUID();
            const { keepsTooLittle, segments, write } = WRITERS[writer] as (typeof WRITERS)[string];
            await using world = await worldOf(service, { on: on(key), act }, keepsTooLittle);
            const outcome = await expectWholeOrNothing(service, key, segments, () => write(world.store, key));
            // How much has gone out before a server's refusal is heard of is for the machine to say.
            const isChance =
              keepsTooLittle && (stage === "put" || stage === "segment") && happens !== "is slow";
            if (PASSING.includes(happens) && !isChance) expect(outcome).toBe("whole");
          });
    for (const [happens, act] of Object.entries({ ...ACTS, ...READ_ACTS }))
      test(`a get: whole or an error when it ${happens}`, async () => {
        for (const size of [1000 * KiB, 1200 * KiB]) await readUnder(service, size, happens, act);
      });
    for (const [happens, act] of Object.entries(ACTS))
      test(`a delete: gone, or gone at the next try, when it ${happens}`, async () => {
        for (const size of [1000 * KiB, 1200 * KiB])
          for (const on of [`HEAD .*/`, "DELETE .*/", "GET .*prefix="])
            await deleteUnder(service, size, on, act);
      });
    test("a server that is away leaves nothing behind that a later delete does not find", async () => {
      const key = crypto.randomUUID();
      const away = { on: "(PUT|DELETE|HEAD) .*/", after: 4, times: 1000, act: { do: "reset" } as const };
      await using world = await worldOf(service, away);
      const location = world.store.locationOf(key);
      await expect(put(world.store, key, 1200 * KiB, false)).rejects.toMatchObject({ kind: "unavailable" });
      await world.proxy.set();
      await world.store.delete(location);
      expect(await namesIn(service, key)).toEqual([]);
    });
  });
}

/** What may become of an answer's body. */
const READ_ACTS: Record<string, Act> = {
  "breaks in the answer": { do: "resetAt", in: "answer", bytes: 300 * KiB },
  "ends early in the answer": { do: "endAt", in: "answer", bytes: 300 * KiB },
  "stalls in the answer": { do: "stallAt", in: "answer", bytes: 300 * KiB },
  "claims more than comes": { do: "longLength", bytes: 1000 },
  "claims less than there is": { do: "shortLength", bytes: 1000 },
};

async function worldOf(service: SwiftService, fault: Fault, sizes: { readonly bufferBytes?: number } = {}) {
  const proxy = await Proxied.before(new URL(service.authUrl).origin, faultControl);
  await proxy.set(fault);
  const authUrl = `${proxy.url}${new URL(service.authUrl).pathname}`;
  const store = openSwift({ ...service, authUrl }, { ...SIZES, ...TIMES, ...sizes });
  return { proxy, store, [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() };
}

async function expectWholeOrNothing(
  service: SwiftService,
  key: string,
  segments: number,
  write: () => Promise<Uint8Array>,
): Promise<"whole" | "nothing"> {
  const before = await namesIn(service, key);
  const outcome = await write().catch((error: unknown) => error);
  const direct = openSwift(service);
  const location = direct.locationOf(key);
  if (outcome instanceof Uint8Array) {
    expect(await bytesFrom((await direct.get(location)).body)).toEqual(outcome);
    expect(await namesIn(service, key)).toHaveLength(1 + segments);
    await direct.delete(location);
  } else {
    expect(outcome).toBeInstanceOf(ServiceError);
    expect((outcome as ServiceError).message).toContain("swift");
    expect(JSON.stringify(outcome)).not.toContain(service.key);
    await expect(direct.stat(location)).rejects.toMatchObject({ kind: "notFound" });
  }
  expect(await namesIn(service, key)).toEqual(before);
  return outcome instanceof Uint8Array ? "whole" : "nothing";
}

async function readUnder(service: SwiftService, size: number, happens: string, act: Act): Promise<void> {
  const key = crypto.randomUUID();
  const direct = openSwift(service, SIZES);
  const bytes = bytesOf(size);
  const { location } = await direct.put(key, streamOf(bytes), { size });
  for (const range of [undefined, { start: 100, end: size - 101 }]) {
    await using world = await worldOf(service, { on: `GET .*/${key}$`, act });
    const expected = range ? bytes.slice(range.start, range.end + 1) : bytes;
    const names = locationThrough(world.store, location);
    const read = async () => {
      const blob = await world.store.get(names, range);
      // Of a length that is a lie the catalogue knows better.
      if (blob.size !== size) throw new ServiceError("unavailable", "swift has another size");
      return bytesFrom(blob.body);
    };
    const outcome = await read().catch((error: unknown) => error);
    if (PASSING.includes(happens) || outcome instanceof Uint8Array) expect(outcome).toEqual(expected);
    else expect(outcome).toBeInstanceOf(Error);
  }
  await direct.delete(location);
}

/** The same: it names no address. */
const locationThrough = (store: SwiftStore, location: string) => {
  expect(store.locationOf(location.slice(location.lastIndexOf("/") + 1))).toBe(location);
  return location;
};

async function deleteUnder(service: SwiftService, size: number, on: string, act: Act): Promise<void> {
  const key = crypto.randomUUID();
  const direct = openSwift(service, SIZES);
  const { location } = await direct.put(key, streamOf(bytesOf(size)), { size });
  await using world = await worldOf(service, { on, act });
  const outcome = await world.store.delete(location).catch((error: unknown) => error);
  if (outcome !== undefined) expect(outcome).toBeInstanceOf(ServiceError);
  if (outcome === undefined && act.do !== "answer") expect(await namesIn(service, key)).toEqual([]);
  await world.proxy.set();
  await world.store.delete(location);
  expect(await namesIn(service, key)).toEqual([]);
}
