import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { deleteTag, putTag, setImageActive } from "../../client/image-actions.ts";
import { deleteImage, type Image, listImages, ofImage, showImage, updateImage } from "../../client/images.ts";
import type { Session } from "../../client/session.ts";
import { statusOf } from "./support/asked.ts";
import { createImage, patch, someBytes, upload } from "./support/images.ts";
import {
  expectSeen,
  others,
  type Party,
  partyOf,
  ROUNDS,
  revoke,
  seenBy,
  WAYS,
  type Way,
} from "./support/others.ts";
import { Service } from "./support/service.ts";

const READERS = 6;
const BODY = someBytes(4_096);

let service: Service;
let owner: string;
let stranger: Party;

beforeAll(async () => {
  service = await Service.start();
  owner = await service.memberOf("owner");
  stranger = await partyOf(service, "stranger");
});

afterAll(() => service?.[Symbol.asyncDispose]());

const as = (token: string, way: Way): Promise<Session> => service.client(token, service[way]);

describe("while others show the image all the time", () => {
  let image: string;
  let reading: AsyncDisposable;

  beforeEach(async () => {
    image = await createImage(service, { visibility: "shared" }, owner);
    const tokens = [owner, stranger.token];
    const sessions = await Promise.all(
      Array.from({ length: READERS }, (_, n) => as(tokens[n % 2] ?? owner, n % 3 === 0 ? "direct" : "url")),
    );
    reading = others(sessions.map((session) => () => seenBy(session, image)));
  });

  afterEach(() => reading[Symbol.asyncDispose]());

  const shows = (expected: Partial<Image>) => expectSeen(service, owner, image, expected);
  const isForStranger = (isFor: boolean) =>
    expectSeen(service, stranger.token, image, isFor ? { id: image } : undefined);

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
        await isForStranger(true);
        await api.DELETE(`${members}/{member_id}`, { params: member });
        await isForStranger(false);
      }
      await api.POST(members, { params: ofImage(image), body: { member: stranger.projectId } });
      await updateImage(session, image, [{ op: "replace", path: "/visibility", value: "private" }]);
      await isForStranger(false);
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
      await expectSeen(service, owner, image, undefined);
    });
  });
});

test.each(WAYS)(
  "what is made or deleted by %s is in every list, or in none, at once, while others list",
  async (way) => {
    const session = await as(owner, way);
    const other = await as(owner, way === "url" ? "direct" : "url");
    const idsOf = async (of: Session) => {
      const ids: string[] = [];
      for await (const { id } of listImages(of, { filters: { visibility: "shared" } })) ids.push(id);
      return ids;
    };
    const after = (marker: string) =>
      statusOf(other.api.GET("/v2/images", { params: { query: { marker } } }));
    await using _others = others([session, other, session, other].map((of) => () => idsOf(of)));
    for (let n = 0; n < ROUNDS; n++) {
      const image = await createImage(service, { visibility: "shared" }, owner);
      for (const of of [session, other]) expect(await idsOf(of)).toContain(image);
      expect(await after(image)).toBe(200);
      await deleteImage(session, image);
      for (const of of [session, other]) expect(await idsOf(of)).not.toContain(image);
      expect(await after(image)).toBe(400);
    }
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

test("whoever's token was revoked is shown nothing any more, even if they ask all the time", async () => {
  const token = await service.memberOf("revoked");
  const image = await createImage(service, { visibility: "community" }, owner);
  const shown = async (way: Way) =>
    statusOf((await as(token, way)).api.GET("/v2/images/{image_id}", { params: ofImage(image) }));
  for (const way of WAYS) expect(await shown(way)).toBe(200);
  // With it, and all the time: what is found of the token while it ends is not to be kept.
  await using _others = others([...WAYS, ...WAYS].map((way) => () => shown(way)));
  await revoke(service, token);
  for (const way of WAYS) expect(await shown(way)).toBe(401);
});
