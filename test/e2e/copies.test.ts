import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ClientError } from "../../client/errors.ts";
import { deleteTag, putTag, setImageActive } from "../../client/image-actions.ts";
import { deleteImage, type Image, listImages, ofImage, showImage, updateImage } from "../../client/images.ts";
import type { Session } from "../../client/session.ts";
import { statusOf } from "./support/asked.ts";
import { createImage, patch, someBytes, upload } from "./support/images.ts";
import { Service } from "./support/service.ts";

const ROUNDS = 15;
const READERS = 6;
const BODY = someBytes(4_096);

/** Through the front door, and past it: the worker keeps copies, whoever asks for them. */
type Way = "url" | "direct";
const WAYS: readonly Way[] = ["url", "direct"];

let service: Service;
let owner: string;
let stranger: { readonly token: string; readonly projectId: string };

beforeAll(async () => {
  service = await Service.start();
  owner = await service.memberOf("owner");
  const token = await service.memberOf("stranger");
  stranger = { token, projectId: await projectOf(token) };
});

afterAll(() => service?.[Symbol.asyncDispose]());

/** The project that owns what this token makes. */
async function projectOf(token: string): Promise<string> {
  const image = await createImage(service, {}, token);
  return String((await showImage(await service.client(token), image)).owner);
}

const as = (token: string, way: Way): Promise<Session> => service.client(token, service[way]);

describe("while others show the image all the time", () => {
  let image: string;
  let reading = false;
  let readers: Promise<unknown>[];

  beforeEach(async () => {
    image = await createImage(service, { visibility: "shared" }, owner);
    reading = true;
    const tokens = [owner, stranger.token];
    readers = Array.from({ length: READERS }, (_, n) =>
      readOnAndOn(tokens[n % 2] ?? owner, n % 3 === 0 ? "direct" : "url"),
    );
  });

  afterEach(async () => {
    reading = false;
    await Promise.all(readers);
  });

  async function readOnAndOn(token: string, way: Way): Promise<void> {
    const session = await as(token, way);
    while (reading) {
      await statusOf(session.api.GET("/v2/images/{image_id}", { params: ofImage(image) }));
      await listed(session);
    }
  }

  /** Whatever was written, through whatever door: both doors show what was told of it, and that it stays. */
  async function everywhere(look: (session: Session) => Promise<void>, token = owner): Promise<void> {
    for (const way of [...WAYS, ...WAYS]) await look(await as(token, way));
  }

  /** The image in the list of all that there are for this caller. */
  async function listed(session: Session): Promise<Image | undefined> {
    for await (const each of listImages(session, { filters: { member_status: "all" } }))
      if (each.id === image) return each;
    return undefined;
  }

  const shows = (expected: Partial<Image>) =>
    everywhere(async (session) => {
      expect(await showImage(session, image)).toMatchObject(expected);
      expect(await listed(session)).toMatchObject(expected);
    });

  const isFor = (status: number) =>
    everywhere(async (session) => {
      const shown = session.api.GET("/v2/images/{image_id}", { params: ofImage(image) });
      expect(await statusOf(shown)).toBe(status);
      expect((await listed(session)) !== undefined).toBe(status === 200);
    }, stranger.token);

  describe.each(WAYS)("a write by %s", (way) => {
    test("of attributes, properties or tags is in every later read", async () => {
      const session = await as(owner, way);
      for (let n = 0; n < ROUNDS; n++) {
        const tag = `t${n}`;
        await updateImage(session, image, [
          { op: "replace", path: "/name", value: tag },
          { op: "add", path: "/round", value: tag },
        ]);
        await shows({ name: tag, round: tag });
        await putTag(session, image, tag);
        await shows({ tags: [tag] });
        await deleteTag(session, image, tag);
        await shows({ tags: [] });
      }
    });

    test("that takes the image from a project takes it at once", async () => {
      const { api } = await as(owner, way);
      const members = "/v2/images/{image_id}/members";
      const member = { path: { image_id: image, member_id: stranger.projectId } };
      const session = await as(owner, way);
      for (let n = 0; n < ROUNDS; n++) {
        await api.POST(members, { params: ofImage(image), body: { member: stranger.projectId } });
        await isFor(200);
        await api.DELETE(`${members}/{member_id}`, { params: member });
        await isFor(404);
      }
      await api.POST(members, { params: ofImage(image), body: { member: stranger.projectId } });
      await updateImage(session, image, [{ op: "replace", path: "/visibility", value: "private" }]);
      await isFor(404);
    });

    test("of data or status is in every later read", async () => {
      const session = await as(owner, way);
      const token = { "x-auth-token": owner };
      expect(await upload(service, image, BODY, token, service[way])).toBe(204);
      await shows({ status: "active", size: BODY.byteLength });
      const admin = await as(await service.token(), way);
      for (let n = 0; n < ROUNDS; n++) {
        await setImageActive(admin, image, "deactivate");
        await shows({ status: "deactivated" });
        await setImageActive(admin, image, "reactivate");
        await shows({ status: "active" });
      }
      await deleteImage(session, image);
      await everywhere(async (each) => {
        expect(await showImage(each, image).catch((error: ClientError) => error.status)).toBe(404);
        expect(await listed(each)).toBeUndefined();
      });
    });
  });
});

test.each(WAYS)(
  "what is made by %s is in every list at once, and what a member answers decides on its list, while others list",
  async (way) => {
    const session = await as(owner, way);
    const theirs = await as(stranger.token, way);
    const idsOf = async (of: Session) => {
      const ids: string[] = [];
      for await (const { id } of listImages(of, { filters: { visibility: "shared" } })) ids.push(id);
      return ids;
    };
    const after = (marker: string) =>
      statusOf(theirs.api.GET("/v2/images", { params: { query: { marker } } }));
    const members = "/v2/images/{image_id}/members";
    let reading = true;
    const readers = [session, theirs, session, theirs].map(async (of) => {
      while (reading) await idsOf(of);
    });
    for (let n = 0; n < ROUNDS; n++) {
      const image = await createImage(service, { visibility: "shared" }, owner);
      expect(await idsOf(session)).toContain(image);
      const shared = { params: ofImage(image), body: { member: stranger.projectId } };
      expect(await statusOf(session.api.POST(members, shared))).toBe(200);
      expect(await idsOf(theirs)).not.toContain(image);
      const path = { image_id: image, member_id: stranger.projectId };
      for (const status of ["accepted", "rejected"] as const) {
        const answer = theirs.api.PUT(`${members}/{member_id}`, { params: { path }, body: { status } });
        expect(await statusOf(answer)).toBe(200);
        expect((await idsOf(theirs)).includes(image)).toBe(status === "accepted");
      }
      expect(await after(image)).toBe(200);
      await deleteImage(session, image);
      expect(await idsOf(session)).not.toContain(image);
      expect(await after(image)).toBe(400);
    }
    reading = false;
    await Promise.all(readers);
  },
);

test("a patch that was decided on a copy is decided on the image as it is", async () => {
  const image = await createImage(service);
  const values = Array.from({ length: 20 }, (_, n) => `v${n}`);
  const statuses = await Promise.all(
    values.map((value) => patch(service, image, [{ op: "add", path: `/${value}`, value }])),
  );
  const shown = await showImage(await service.client(), image);
  const kept = values.filter((_, n) => statuses[n] === 200);
  expect(kept.length).toBeGreaterThan(0);
  for (const value of kept) expect(shown[value]).toBe(value);
});

test("whoever's token was revoked is shown nothing any more", async () => {
  const token = await service.memberOf("revoked");
  const image = await createImage(service, { visibility: "community" }, owner);
  const shown = async (way: Way) =>
    statusOf((await as(token, way)).api.GET("/v2/images/{image_id}", { params: ofImage(image) }));
  for (const way of WAYS) expect(await shown(way)).toBe(200);
  const ended = await service.fetch("/identity/v3/auth/tokens", {
    method: "DELETE",
    headers: { "x-subject-token": token },
  });
  expect(ended.status).toBe(204);
  for (const way of WAYS) expect(await shown(way)).toBe(401);
});
