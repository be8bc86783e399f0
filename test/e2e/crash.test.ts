import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ClientError } from "../../client/errors.ts";
import { Checkpoints } from "./support/checkpoints.ts";
import { unlessNotDescribed } from "./support/held.ts";
import {
  createImage,
  download,
  downloadStatus,
  eventually,
  into,
  md5,
  remove,
  show,
  showStatus,
  someBytes,
  storedIn,
  upload,
} from "./support/images.ts";
import { Service } from "./support/service.ts";

type Program = "worker" | "relay" | "launcher";

/** Through the relay's front door, which then holds the lease; or to the worker's own socket, which then does. */
type Way = "front door" | "direct";

const STORES = ["file", "r2"] as const;
type Store = (typeof STORES)[number];

/** Short, so that a dead uploader is known as such while a test waits. */
const TRANSFERS = { lease_seconds: 2, heartbeat_seconds: 0.5, late_writer_seconds: 1 };

const PROGRAMS: Program[] = ["worker", "relay", "launcher"];

/** Each named point of an upload, and whether the image's object has by then decided that it is complete. */
const POINTS: { point: string; decided: boolean }[] = [
  { point: "before-batch:beginUpload", decided: false },
  { point: "after-batch:beginUpload", decided: false },
  { point: "after-begin", decided: false },
  { point: "relay-mid-body", decided: false },
  { point: "relay-before-publish", decided: false },
  { point: "relay-after-publish", decided: false },
  { point: "after-publish", decided: false },
  { point: "before-batch:finishUpload", decided: true },
  { point: "after-batch:finishUpload", decided: true },
];

const BODY = someBytes(9 * 1024 * 1024);

let checkpoints: Checkpoints;
let service: Service;
/** An image that was active before anything was killed. */
let intact: string;

beforeAll(async () => {
  checkpoints = await Checkpoints.listen();
  service = await Service.start({ checkpointUrl: checkpoints.url, settings: { transfers: TRANSFERS } });
  intact = await createImage(service);
  expect(await upload(service, intact, BODY)).toBe(204);
});

afterAll(async () => {
  await service?.[Symbol.asyncDispose]();
  checkpoints?.close();
});

/** Ends a program at a named point and resolves once the service answers again. */
async function killedAt(point: string, program: Program, work: () => Promise<unknown>): Promise<void> {
  const killed = new Promise<void>((resolve) =>
    checkpoints.once(point, async () => {
      await service.kill(program);
      resolve();
      // The process that reported waits for an answer it never gets: it is dead, or what it asked is.
      return new Promise((release) => setTimeout(release, 500));
    }),
  );
  const outcome = work();
  await killed;
  if (program === "launcher") await service.restart();
  await outcome;
  const range = "bytes=0-0";
  await eventually(
    "the service answers",
    async () => (await downloadStatus(service, intact, { range })) === 206,
  );
}

const settled = (id: string) =>
  eventually(`image ${id} settles`, async () =>
    ["queued", "active"].includes((await show(service, id)).status),
  );

const bytesOf = async (id: string): Promise<Buffer> => (await download(service, id)).bytes;

/** How the image may end. Who outlives the others goes on: who is quicker decides, where both are right. */
function outcomes(way: Way, point: string, program: Program, decided: boolean): ("active" | "queued")[] {
  if (decided) return ["active"];
  // A relay that holds the lease waits for the worker to come back.
  if (program === "worker") return [way === "front door" && point.startsWith("relay-") ? "active" : "queued"];
  if (program === "relay" && point.startsWith("relay-")) return ["queued"];
  // The relay has answered by then.
  if (program === "relay" && point === "after-publish") return ["active"];
  return ["active", "queued"];
}

const WAYS: { way: Way; program: Program; store: Store }[] = STORES.flatMap((store) =>
  (["front door", "direct"] as const).flatMap((way) => PROGRAMS.map((program) => ({ way, program, store }))),
);

/** The directory has points of its own in the relay, which itself has none of the worker's after the bytes are there. */
const isReached = ({ way, store }: { way: Way; store: Store }, point: string): boolean =>
  point.startsWith("relay-") ? store === "file" : point !== "after-publish" || way === "direct";

describe.each(WAYS)("when the $program is killed during an upload into $store, $way", (where) => {
  const { way, program, store } = where;

  test.each(POINTS.filter(({ point }) => isReached(where, point)))(
    "at $point, the image is as the catalogue says, and nothing is left over",
    async ({ point, decided }) => {
      const before = storedIn(service);
      const id = await createImage(service);
      const url = way === "direct" ? service.direct : service.url;
      await killedAt(point, program, () => upload(service, id, BODY, into(store), url));
      await settled(id);
      const { status } = await show(service, id);
      expect(outcomes(way, point, program, decided)).toContain(status);
      if (status === "active") expect(md5(await bytesOf(id))).toBe(md5(BODY));
      else {
        await eventually("nothing is left over", () => storedIn(service).join() === before.join());
        expect(await upload(service, id, BODY, into(store))).toBe(204);
        expect(md5(await bytesOf(id))).toBe(md5(BODY));
      }
      expect(md5(await bytesOf(intact))).toBe(md5(BODY));
      await remove(service, id);
      await eventually(
        "nothing is left over after the delete",
        () => storedIn(service).join() === before.join(),
      );
    },
  );
});

function unlessGone(error: unknown): void {
  if (!(error instanceof ClientError) || error.status !== 404) throw error;
}

const DELETES = STORES.flatMap((store) => PROGRAMS.map((program) => ({ program, store })));

describe.each(DELETES)("when the $program is killed during a delete from $store", ({ program, store }) => {
  test.each(["before-batch:delete", "after-batch:delete", "before-removal"])(
    "at %s, the bytes go with the record",
    async (point) => {
      const before = storedIn(service);
      const id = await createImage(service);
      expect(await upload(service, id, BODY, into(store))).toBe(204);
      await killedAt(point, program, () => remove(service, id).catch(unlessNotDescribed));
      // What was asked and not answered may be asked again.
      await remove(service, id).catch(unlessGone);
      expect(await showStatus(service, id)).toBe(404);
      await eventually("nothing is left over", () => storedIn(service).join() === before.join());
    },
  );
});

test("an old writer that resumes late leaves nothing and harms nobody", async () => {
  const before = storedIn(service);
  const id = await createImage(service);
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    checkpoints.once("relay-before-publish", () => {
      resolve();
      return new Promise((answer) => {
        release = answer;
      });
    });
  });
  const first = upload(service, id, BODY, {}, service.direct);
  await held;
  await service.kill("worker");
  await first;
  await eventually("the image is queued again", async () => (await show(service, id)).status === "queued");
  const second = someBytes(1024 * 1024);
  expect(await upload(service, id, second)).toBe(204);
  release();
  await eventually("only the second's bytes remain", () => storedIn(service).length === before.length + 1);
  expect(md5(await bytesOf(id))).toBe(md5(second));
  await remove(service, id);
  await eventually("nothing is left over", () => storedIn(service).join() === before.join());
});
