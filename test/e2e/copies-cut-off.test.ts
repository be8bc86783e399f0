import { request as ask, type ClientRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ClientError } from "../../client/errors.ts";
import { showImage, updateImage } from "../../client/images.ts";
import { Checkpoints } from "./support/checkpoints.ts";
import { beginUpload, createImage, eventually, showStatus, someBytes, upload } from "./support/images.ts";
import {
  everywhere,
  expectSeen,
  othersSee,
  ROUNDS,
  rowOf,
  type Seen,
  seenBy,
  WAYS,
  type Way,
} from "./support/others.ts";
import { Service } from "./support/service.ts";

const BODY = someBytes(4_096);
/** Short, so that an alarm finds a silent uploader while a test waits. */
const TRANSFERS = { lease_seconds: 2, heartbeat_seconds: 0.5, late_writer_seconds: 1 };

let checkpoints: Checkpoints;
let service: Service;
let admin: string;

beforeAll(async () => {
  checkpoints = await Checkpoints.listen();
  service = await Service.start({ checkpointUrl: checkpoints.url, settings: { transfers: TRANSFERS } });
  admin = await service.token();
});

afterAll(async () => {
  await service?.[Symbol.asyncDispose]();
  checkpoints?.close();
});

/** A door that is started anew is closed for a while. */
const othersTry = (image: string): Promise<AsyncDisposable> =>
  othersSee(service, admin, image, (session, id) => seenBy(session, id).catch(unlessClosed));

function unlessClosed(error: unknown): void {
  if (!(error instanceof ClientError)) throw error;
}

/** What the catalogue had before a read, the read tells; nobody has to be told of it. */
async function agree(
  image: string,
  isWritten: (seen: { status: string; name: string }) => boolean,
): Promise<void> {
  await everywhere(service, admin, async (session) => {
    const was = isWritten(rowOf(service, image));
    const { shown, listed } = await seenBy(session, image);
    if (!was) return;
    for (const seen of [shown, listed])
      expect(isWritten({ status: seen?.status ?? "deleted", name: String(seen?.name) })).toBe(true);
  });
}

/** A request whose answer nobody waits for. */
function asked(
  way: Way,
  method: string,
  target: string,
  body?: { type: string; text: string },
): ClientRequest {
  const headers = { "x-auth-token": admin, ...(body ? { "content-type": body.type } : {}) };
  const request = ask(service[way] + target, { method, agent: false, headers });
  request.on("error", () => undefined);
  request.on("response", (response) => response.resume());
  request.end(body?.text);
  return request;
}

const WRITES = [
  { event: "deactivate", method: "POST", path: "/actions/deactivate", status: "deactivated" },
  { event: "delete", method: "DELETE", path: "", status: "deleted" },
];

describe.each(WAYS.flatMap((way) => WRITES.map((write) => ({ ...write, way }))))(
  "a client that is cut off while it asks by $way to $event",
  ({ way, event, method, path, status }) => {
    test.each(["before-batch", "after-batch"])(
      "at %s is told nothing, and what it wrote is in every read from then on",
      async (point) => {
        const image = await createImage(service);
        expect(await upload(service, image, BODY)).toBe(204);
        await using _others = await othersTry(image);
        const isWritten = (seen: { status: string }) => seen.status === status;
        const cut = Promise.withResolvers<void>();
        checkpoints.once(`${point}:${event}`, async () => {
          request.destroy();
          // While it is held the catalogue has it, or has it not.
          await agree(image, isWritten).then(cut.resolve, cut.reject);
        });
        const request = asked(way, method, `/v2/images/${image}${path}`);
        await cut.promise;
        await eventually("it is written", () => isWritten(rowOf(service, image)));
        for (let n = 0; n < 3; n++) await agree(image, isWritten);
      },
    );
  },
);

test.each(WAYS)(
  "a patch by %s that is cut off is in every read, or in none, and the next one is",
  async (way) => {
    const image = await createImage(service);
    await using _others = await othersTry(image);
    const session = await service.client(admin, service[way]);
    for (let n = 0; n < ROUNDS; n++) {
      const cutOff = `cut off ${n}`;
      const text = JSON.stringify([{ op: "replace", path: "/name", value: cutOff }]);
      const type = "application/openstack-images-v2.1-json-patch";
      const request = asked(way, "PATCH", `/v2/images/${image}`, { type, text });
      // Each time it comes a little further.
      for (let reads = 0; reads < n; reads++) await showStatus(service, image);
      request.destroy();
      for (let times = 0; times < 3; times++) await agree(image, ({ name }) => name === cutOff);
      const name = `whole ${n}`;
      await updateImage(session, image, [{ op: "replace", path: "/name", value: name }]);
      await expectSeen(service, admin, image, { name });
    }
  },
);

describe("an upload that an alarm gives up", () => {
  /** Begins one, and comes back when everybody sees it. */
  async function saving(way: Way): Promise<{ image: string; request: ClientRequest }> {
    const image = await createImage(service);
    const { request } = await beginUpload(service, image, {}, service[way]);
    request.on("error", () => undefined);
    request.write(BODY);
    await eventually("it begins", () => rowOf(service, image).status === "saving");
    await expectSeen(service, admin, image, { status: "saving" });
    return { image, request };
  }

  /** As soon as the catalogue has it. */
  async function isQueued(image: string): Promise<void> {
    await eventually("it is given up", () => rowOf(service, image).status === "queued");
    const direct = await service.client(admin, service.direct);
    const expected = { status: "queued", size: null };
    const seen: Seen = await seenBy(direct, image);
    for (const each of [seen.shown, seen.listed]) expect(each).toMatchObject(expected);
  }

  test("as its client has gone is queued for everybody", async () => {
    const { image, request } = await saving("direct");
    await using _others = await othersTry(image);
    request.destroy();
    await isQueued(image);
    await expectSeen(service, admin, image, { status: "queued", size: null });
  });

  test("as its relay was killed is queued for everybody", async () => {
    const { image, request } = await saving("url");
    await using _others = await othersTry(image);
    await service.kill("relay");
    await isQueued(image);
    request.destroy();
    await eventually("the relay is back", async () => (await showStatus(service, image)) === 200);
    await expectSeen(service, admin, image, { status: "queued", size: null });
  });

  test("as its relay was silent for too long is queued for everybody", async () => {
    const { image, request } = await saving("url");
    await using _others = await othersTry(image);
    const relay = service.pid("relay");
    process.kill(relay, "SIGSTOP");
    try {
      await isQueued(image);
    } finally {
      process.kill(relay, "SIGCONT");
    }
    await expectSeen(service, admin, image, { status: "queued", size: null });
    request.destroy();
  });
});

test("what a worker that is started anew shows is what the catalogue has", async () => {
  const image = await createImage(service);
  await expectSeen(service, admin, image, { name: "test" });
  await using _others = await othersTry(image);
  const session = await service.client();
  await updateImage(session, image, [{ op: "replace", path: "/name", value: "new" }]);
  await service.kill("worker");
  await eventually("the worker is back", async () => (await showImage(session, image)).name === "new");
  await expectSeen(service, admin, image, { name: "new" });
});
