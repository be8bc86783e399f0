import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Image, listImages } from "../../client/images.ts";
import { RECOUNT } from "../support/recount.ts";
import { Checkpoints } from "./support/checkpoints.ts";
import { unlessNotDescribed } from "./support/held.ts";
import {
  beginUpload,
  createImage,
  eventually,
  filesIn,
  into,
  listStatus,
  remove,
  show,
  someBytes,
  upload,
} from "./support/images.ts";
import { Service } from "./support/service.ts";

const MiB = 1024 * 1024;
const TRANSFERS = { lease_seconds: 2, heartbeat_seconds: 0.5, late_writer_seconds: 1 };

/** The rows of a statement on the catalogue, which is only read. */
function rows(service: Service, statement: string): Record<string, unknown>[] {
  const folder = join(service.dataDir, "worker/d1/miniflare-D1DatabaseObject");
  for (const name of readdirSync(folder).filter((file) => /^[0-9a-f]{64}\.sqlite$/.test(file))) {
    const db = new DatabaseSync(join(folder, name), { readOnly: true });
    try {
      return db
        .prepare(statement)
        .all()
        .map((row) => ({ ...row }));
    } finally {
      db.close();
    }
  }
  throw new Error("there is no catalogue");
}

interface Usage extends Record<string, unknown> {
  readonly project: string;
  readonly images: number;
  readonly bytes: number;
}

/** Ends the service, and expects that its counters are what its rows say; answers with them, by project. */
async function expectCountersRight(service: Service): Promise<Map<string, Usage>> {
  await service.stop();
  const counted = rows(service, "SELECT * FROM project_usage ORDER BY project") as Usage[];
  expect(counted).toEqual(rows(service, `${RECOUNT} ORDER BY project`));
  for (const project of counted) expect(project).toMatchObject({ uploading: 0, reserved_bytes: 0 });
  return new Map(counted.map((usage) => [usage.project, usage]));
}

const storedBytes = (service: Service): number =>
  filesIn(service).reduce((sum, name) => sum + statSync(join(service.dataDir, "images", name)).size, 0);

describe("uploads of two projects at the same time, whose length nobody knows, a third of them killed", () => {
  const QUOTA = 40 * MiB;
  const UPLOADS = 64;
  let service: Service;
  let tokens: Record<string, string>;

  beforeAll(async () => {
    service = await Service.start({
      // A machine that does all of this at once may let a heartbeat wait.
      settings: {
        transfers: { lease_seconds: 20, heartbeat_seconds: 2 },
        quotas: { user_storage_quota: "40MB" },
      },
    });
    tokens = { alpha: await service.memberOf("alpha"), beta: await service.memberOf("beta") };
  });

  afterAll(() => service?.[Symbol.asyncDispose]());

  test("never exceed their quotas, and the counters are what a recount finds", {
    timeout: 180_000,
  }, async () => {
    let most = 0;
    const watch = setInterval(() => {
      const held = rows(service, "SELECT bytes + reserved_bytes AS held FROM project_usage");
      most = Math.max(most, ...held.map((row) => Number(row.held)));
    }, 20);
    const outcomes = await Promise.all(
      Array.from({ length: UPLOADS }, async (_, at) => {
        const project = at % 2 === 0 ? "alpha" : "beta";
        const url = at % 4 < 2 ? service.url : service.direct;
        const killed = at % 3 === 0;
        return { project, killed, status: await oneUpload(tokens[project] ?? "", url, { at, killed }) };
      }),
    );
    await eventually("the killed ones are given up", async () =>
      (await statuses()).every((s) => s !== "saving"),
    );
    clearInterval(watch);
    expect(most).toBeLessThanOrEqual(QUOTA);
    expect(most).toBeGreaterThan(QUOTA / 2);
    const statusesOf = (project: string) =>
      outcomes.filter((o) => o.project === project).map((o) => o.status);
    for (const project of ["alpha", "beta"]) {
      expect(statusesOf(project).filter((status) => status === 204).length).toBeGreaterThan(0);
      expect(statusesOf(project).filter((status) => status === 413).length).toBeGreaterThan(0);
    }
    expect(outcomes.filter(({ killed, status }) => ![204, 413, killed ? 0 : 413].includes(status))).toEqual(
      [],
    );
    await eventually("nothing else is left over", async () => storedBytes(service) === (await allActive()));
    const usage = await expectCountersRight(service);
    const sum = [...usage.values()].reduce((all, { bytes }) => all + bytes, 0);
    expect(storedBytes(service)).toBe(sum);
    for (const { bytes } of usage.values()) expect(bytes).toBeLessThanOrEqual(QUOTA);
  });

  /** A client that sends pieces, and may be killed in the middle. */
  async function oneUpload(
    token: string,
    url: string,
    { at, killed }: { at: number; killed: boolean },
  ): Promise<number> {
    const id = await createImage(service, {}, token);
    const { request, status } = await beginUpload(service, id, { "x-auth-token": token }, url);
    const pieces = 2 + (at % 5);
    const piece = someBytes(MiB);
    for (let sent = 0; sent < pieces; sent++) {
      if (killed && sent === 1) request.destroy();
      if (request.destroyed) break;
      await new Promise<unknown>((resolve) => {
        request.once("close", resolve);
        request.write(piece, resolve);
      });
    }
    request.end();
    return (await status.catch(unlessNotDescribed)) ?? 0;
  }

  const images = async (token: string): Promise<Image[]> =>
    Array.fromAsync(listImages(await service.client(token)));

  const activeSizes = async (token: string): Promise<number[]> =>
    (await images(token)).filter(({ status }) => status === "active").map(({ size }) => size ?? 0);

  const statuses = async () =>
    (await Promise.all(Object.values(tokens).map(images))).flat().map((image) => image.status);

  const allActive = async () =>
    (await Promise.all(Object.values(tokens).map(activeSizes))).flat().reduce((all, size) => all + size, 0);
});

describe("when a program is killed while an upload fills its project's quota", () => {
  const BODY = someBytes(9 * MiB);
  let checkpoints: Checkpoints;
  let service: Service;

  beforeAll(async () => {
    checkpoints = await Checkpoints.listen();
    service = await Service.start({
      checkpointUrl: checkpoints.url,
      settings: { transfers: TRANSFERS, quotas: { user_storage_quota: "9MB", image_count_uploading: 1 } },
    });
  });

  afterAll(async () => {
    await service?.[Symbol.asyncDispose]();
    checkpoints?.close();
  });

  const killedAt = async (point: string, program: "worker" | "relay", work: () => Promise<unknown>) => {
    const killed = new Promise<void>((resolve) =>
      checkpoints.once(point, async () => {
        await service.kill(program);
        resolve();
        return new Promise((release) => setTimeout(release, 500));
      }),
    );
    const outcome = work();
    await killed;
    await outcome;
    await eventually("the service answers", async () => (await listStatus(service)) === 200);
  };

  test.each([
    ...["before-batch:beginUpload", "after-batch:beginUpload", "after-begin", "relay-mid-body"].flatMap(
      (point) => (["worker", "relay"] as const).map((program) => ({ point, program })),
    ),
    { point: "before-batch:finishUpload", program: "worker" as const },
    { point: "after-batch:finishUpload", program: "worker" as const },
    { point: "relay-after-publish", program: "relay" as const },
  ])("the $program, at $point, all of the quota is there again", async ({ point, program }) => {
    for (const [url, headers] of [
      [service.url, {}],
      [service.direct, { "content-length": String(BODY.length) }],
    ] as const) {
      const id = await createImage(service);
      await killedAt(point, program, () => upload(service, id, BODY, headers, url));
      await eventually("the image settles", async () =>
        ["queued", "active"].includes((await show(service, id)).status),
      );
      await remove(service, id);
      const next = await createImage(service);
      expect(await upload(service, next, BODY)).toBe(204);
      await remove(service, next);
    }
  });

  test.each(["front door", "direct"])("an upload into R2 ends where the quota does, %s", async (way) => {
    const url = way === "direct" ? service.direct : service.url;
    const id = await createImage(service);
    const headers = into("r2");
    expect(await upload(service, id, Buffer.concat([BODY, BODY]), headers, url)).toBe(413);
    await eventually("the image is queued", async () => (await show(service, id)).status === "queued");
    expect(await upload(service, id, BODY, headers, url)).toBe(204);
    await remove(service, id);
  });

  test("and the counters are what a recount finds", async () => {
    const usage = await expectCountersRight(service);
    for (const project of usage.values()) expect(project).toMatchObject({ images: 0, bytes: 0 });
  });
});
