import { describe, expect, test } from "vitest";
import { ServiceError } from "../../src/domain/errors.ts";
import type { ImageStore, PartTaken, PutOptions } from "../../src/stores/contract.ts";
import { digestsOf } from "../support/digests.ts";
import { type Act, Proxied } from "../support/faults.ts";
import { bytesFrom, bytesOf, streamOf } from "../support/streams.ts";

const MiB = 1024 * 1024;
const ALWAYS = 1_000_000;

/** A store before whose server things go wrong. */
export interface FaultSubject {
  /** Where its server is. */
  readonly target: string;
  /** One that asks there, with the patience of every day. */
  readonly direct: ImageStore;
  /** One that asks at this address instead, and gives up soon. */
  open(url: string, times: { readonly patienceSeconds: number; readonly answerSeconds: number }): ImageStore;
  /** Names of all that the server keeps and that begin so, listed or not: objects, parts, segments, uploads. */
  kept(prefix: string): Promise<string[]>;
  /** The requests of each stage, as a regular expression for "METHOD /path?query". */
  readonly stages: {
    readonly put: string;
    readonly begin?: string;
    readonly part: string;
    readonly complete: string;
    readonly look: string;
    readonly get: string;
    readonly remove: string;
  };
  /** Bodies by how they are written: whole and buffered, whole and streamed, in parts. */
  readonly bodies: { readonly buffered: number; readonly streamed: number; readonly parts: number };
}

type Stage = keyof FaultSubject["stages"];

/** What happens to a request that writes or removes. */
const WRITE_ACTS: readonly Act[] = [
  { do: "reset" },
  { do: "stall" },
  { do: "resetAt", in: "request", bytes: 100_000 },
  { do: "stallAt", in: "request", bytes: 100_000 },
  { do: "loseAnswer" },
  { do: "stallAnswer" },
  { do: "answer", status: 500 },
  { do: "answer", status: 503, early: true, headers: { "retry-after": "0" } },
  { do: "answerAfter", status: 503 },
  { do: "slow", milliseconds: 400 },
];

/** What happens to an answer that has a body. */
const ANSWER_ACTS: readonly Act[] = [
  { do: "resetAt", in: "answer", bytes: 20 },
  { do: "endAt", in: "answer", bytes: 20 },
  { do: "stallAt", in: "answer", bytes: 20 },
  { do: "shortLength", bytes: 10 },
  { do: "longLength", bytes: 10 },
];

const READ_ACTS: readonly Act[] = [
  { do: "reset" },
  { do: "stall" },
  { do: "stallAnswer" },
  { do: "answer", status: 500 },
  { do: "answer", status: 503 },
  { do: "slow", milliseconds: 400 },
  { do: "resetAt", in: "answer", bytes: 700_000 },
  { do: "endAt", in: "answer", bytes: 700_000 },
  { do: "stallAt", in: "answer", bytes: 700_000 },
  { do: "shortLength", bytes: 10 },
  { do: "longLength", bytes: 10 },
];

/** Of what is over before the whole body was sent a stream knows no second attempt; of all else there is one. */
const inWords = (act: Act): string => {
  const { do: what, ...how } = act;
  return [what, ...Object.values(how).map((value) => (typeof value === "object" ? "" : String(value)))]
    .join(" ")
    .trim();
};

const often = (times: number): string => (times === 1 ? "once" : "every time");

/** A way to write, and the stages that it goes through. */
interface Writing {
  readonly name: string;
  readonly stages: readonly Stage[];
  /** Whether a single failure is got over, whatever it is. */
  readonly recovers: boolean;
  readonly size: number;
  write(store: ImageStore, key: string, bytes: Uint8Array<ArrayBuffer>): Promise<unknown>;
}

const putWith = (opts: (size: number) => PutOptions): Writing["write"] => {
  return async (store, key, bytes) => {
    const stored = await store.put(key, streamOf(bytes), opts(bytes.byteLength));
    expect(stored).toMatchObject({ size: bytes.byteLength, ...(await digestsOnce(bytes)) });
  };
};

/** As a relay's parts come: each again until it is there, or until the relay gives up. */
async function putParts(store: ImageStore, key: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const { parts } = store;
  if (!parts) throw new Error("the store takes no parts");
  const again = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ServiceError && error.retryable)) throw error;
      return work();
    }
  };
  const upload = await again(() => parts.create(key));
  try {
    const taken: PartTaken[] = [];
    for (let at = 0; at < bytes.byteLength; at += 5 * MiB) {
      const piece = bytes.slice(at, at + 5 * MiB);
      const part = { number: taken.length + 1, bytes: piece.byteLength };
      const etag = await again(() => parts.put(key, upload, part, streamOf(piece)));
      taken.push({ number: part.number, etag });
    }
    await again(() => parts.complete(key, upload, taken));
  } catch (error) {
    await parts.abort(key, upload).catch(() => undefined);
    throw error;
  }
}

const writingsOf = ({ bodies, stages }: FaultSubject): Writing[] => {
  const inParts: Stage[] = [...(stages.begin ? ["begin" as const] : []), "part", "complete", "look"];
  return [
    {
      ...{ name: "a put that fits a buffer", stages: ["put", "look"], recovers: true, size: bodies.buffered },
      write: putWith((size) => ({ size })),
    },
    {
      ...{ name: "a put that streams", stages: ["put"], recovers: false, size: bodies.streamed },
      write: putWith((size) => ({ size })),
    },
    {
      ...{ name: "a put of unknown length", stages: inParts, recovers: true, size: bodies.parts },
      write: putWith(() => ({})),
    },
    {
      ...{
        name: "parts of a relay",
        stages: inParts.filter((stage) => stage !== "look"),
        recovers: true,
        size: bodies.parts,
      },
      write: putParts,
    },
  ];
};

/** Whether what went wrong is told as such: by its kind, without what the server or the network said. */
function expectRefusal(error: unknown): void {
  expect(error).toBeInstanceOf(ServiceError);
  const { kind, message } = error as ServiceError;
  expect(["unavailable", "writeDenied"]).toContain(kind);
  expect(message).not.toMatch(/127\.0\.0\.1|http|secret/i);
}

/** The cases: at each stage each fault, once and every time; the outcome is the whole blob or nothing. */
export function faults(name: string, subject: FaultSubject, faultControl: string): void {
  const { direct } = subject;

  /** A proxy of its own, and a key of its own. */
  const broken = async (stage: Stage, act: Act, times: number) => {
    const proxy = await Proxied.before(subject.target, faultControl);
    await proxy.set({ on: subject.stages[stage] ?? "never", times, act });
    // Who waits for one failure to pass has time for it, however busy the machine.
    const short =
      times === 1 ? { patienceSeconds: 40, answerSeconds: 6 } : { patienceSeconds: 1, answerSeconds: 2 };
    const store = subject.open(proxy.url, short);
    return { proxy, key: crypto.randomUUID(), store };
  };

  /** What stays of a failure goes when the key is removed, as the image's object does until the store says gone. */
  const expectNothingLeft = async (key: string) => {
    await direct.delete(direct.locationOf(key));
    expect(await subject.kept(key)).toEqual([]);
  };

  const expectWhole = async (key: string, bytes: Uint8Array<ArrayBuffer>) => {
    const { body, size } = await direct.get(direct.locationOf(key));
    const found = await bytesFrom(body);
    expect([size, found.byteLength]).toEqual([bytes.byteLength, bytes.byteLength]);
    expect(await sha256(found)).toEqual(await sha256(bytes));
  };

  describe.concurrent(`faults: ${name}`, { timeout: 60_000 }, () => {
    for (const { name: writing, recovers, size, stages, write } of writingsOf(subject))
      for (const stage of stages)
        for (const act of stage === "begin" || stage === "complete"
          ? [...WRITE_ACTS, ...ANSWER_ACTS]
          : WRITE_ACTS)
          for (const times of [1, ALWAYS])
            test(`${writing}: ${stage}: ${inWords(act)}, ${often(times)}`, async () => {
              const { key, proxy, store } = await broken(stage, act, times);
              await using _ = proxy;
              const bytes = bytesOfSize(size);
              const outcome = await write(store, key, bytes).then(
                () => undefined,
                (error: unknown) => error,
              );
              if (outcome === undefined) await expectWhole(key, bytes);
              else {
                expectRefusal(outcome);
                if (await isThere(direct, key)) await expectWhole(key, bytes);
              }
              // Nothing that is only slow, and nothing that can be sent again, fails for once.
              if (times === 1 && (recovers || act.do === "slow")) expect(outcome).toBeUndefined();
              await expectNothingLeft(key);
            });

    for (const act of READ_ACTS)
      for (const times of [1, ALWAYS])
        for (const range of [undefined, { start: 1000, end: 2_000_000 }])
          test(`a read of ${range ? "a range" : "the whole"}: ${inWords(act)}, ${often(times)}`, async () => {
            const { key, proxy, store } = await broken("get", act, times);
            await using _ = proxy;
            const bytes = bytesOfSize(3_000_000);
            await direct.put(key, streamOf(bytes), { size: bytes.byteLength });
            const asked = range ? bytes.slice(range.start, range.end + 1) : bytes;
            const read = async () => {
              const { body, size } = await store.get(store.locationOf(key), range);
              // As whoever reads an image does, of which the size is known.
              if (size !== bytes.byteLength) throw new ServiceError("unavailable", "it is another's");
              return bytesFrom(body);
            };
            const outcome = await read().catch((error: unknown) => error);
            if (outcome instanceof Uint8Array) expect(outcome).toEqual(asked);
            else expectRefusal(outcome);
            const opens = !("bytes" in act);
            if (times === 1 && opens) expect(outcome).toBeInstanceOf(Uint8Array);
            await expectNothingLeft(key);
          });

    for (const act of WRITE_ACTS)
      for (const times of [1, ALWAYS])
        test(`a delete: ${inWords(act)}, ${often(times)}`, async () => {
          const { key, proxy, store } = await broken("remove", act, times);
          await using _ = proxy;
          await direct.put(key, streamOf(bytesOf(1000)), { size: 1000 });
          const outcome = await store.delete(store.locationOf(key)).catch((error: unknown) => error);
          if (outcome === undefined) expect(await isThere(direct, key)).toBe(false);
          else expectRefusal(outcome);
          if (times === 1) expect(outcome).toBeUndefined();
          await expectNothingLeft(key);
        });
  });

  test(`faults: ${name}: a writer that goes away in the middle leaves nothing that a delete does not find`, async () => {
    const key = crypto.randomUUID();
    const abort = new AbortController();
    let pulls = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (abort.signal.aborted) return;
        controller.enqueue(bytesOf(MiB));
        if (++pulls === subject.bodies.parts / MiB) abort.abort(new ServiceError("gone", "it left"));
      },
    });
    await expect(direct.put(key, body, { signal: abort.signal })).rejects.toMatchObject({ kind: "gone" });
    expect(await subject.kept(key)).toEqual([]);
  });
}

const made = new Map<number, Uint8Array<ArrayBuffer>>();

/** Made once: making them takes longer than sending them. */
function bytesOfSize(size: number): Uint8Array<ArrayBuffer> {
  const bytes = made.get(size) ?? bytesOf(size, size);
  made.set(size, bytes);
  return bytes;
}

const digests = new Map<number, ReturnType<typeof digestsOf>>();

function digestsOnce(bytes: Uint8Array<ArrayBuffer>): ReturnType<typeof digestsOf> {
  const known = digests.get(bytes.byteLength) ?? digestsOf(bytes, "sha512");
  digests.set(bytes.byteLength, known);
  return known;
}

const sha256 = async (bytes: Uint8Array): Promise<string> =>
  String(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>)));

const isThere = (store: ImageStore, key: string): Promise<boolean> =>
  store.stat(store.locationOf(key)).then(
    () => true,
    (error: ServiceError) => {
      if (error.kind === "notFound") return false;
      throw error;
    },
  );
