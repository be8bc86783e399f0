import { afterAll, beforeAll, expect, test } from "vitest";
import { setImageActive } from "../../client/image-actions.ts";
import { deleteImage, ofImage, updateImage } from "../../client/images.ts";
import { statusOf } from "./support/asked.ts";
import { createImage, download, downloadStatus, someBytes, upload } from "./support/images.ts";
import { others, type Party, partyOf, ROUNDS, revoke, WAYS, type Way } from "./support/others.ts";
import { Service } from "./support/service.ts";

const BODY = someBytes(70_000);
const RANGE = { range: "bytes=1000-1999" };

let service: Service;
let owner: string;
let stranger: Party;

beforeAll(async () => {
  service = await Service.start();
  owner = await service.memberOf("owner");
  stranger = await partyOf(service, "stranger");
});

afterAll(() => service?.[Symbol.asyncDispose]());

/** An image with data, which the owner and the stranger fetch all the time, through both doors. */
async function fetchedByAll(): Promise<{ readonly image: string; readonly reading: AsyncDisposable }> {
  const image = await createImage(service, { visibility: "shared" }, owner);
  expect(await upload(service, image, BODY, { "x-auth-token": owner })).toBe(204);
  const reads = [owner, stranger.token].flatMap((token) =>
    WAYS.map((way) => () => downloadStatus(service, image, { token, url: service[way] })),
  );
  return { image, reading: others(reads) };
}

/** How whoever has the token is answered, through both doors and twice: whole, and a range. */
async function expectBytes(token: string, image: string, is: "there" | number): Promise<void> {
  for (const way of [...WAYS, ...WAYS]) {
    const asked = { token, url: service[way] };
    if (is === "there") {
      expect((await download(service, image, asked)).bytes.equals(BODY)).toBe(true);
      const { bytes } = await download(service, image, { ...asked, ...RANGE });
      expect(bytes.equals(BODY.subarray(1000, 2000))).toBe(true);
    } else {
      expect(await downloadStatus(service, image, asked)).toBe(is);
      expect(await downloadStatus(service, image, { ...asked, ...RANGE })).toBe(is);
    }
  }
}

const MEMBERS = "/v2/images/{image_id}/members";
const by = (token: string, way: Way) => service.client(token, service[way]);

test.each(WAYS)(
  "who is no member any more, by %s, gets no byte in any later request, while others fetch the image",
  async (way) => {
    const { image, reading } = await fetchedByAll();
    await using _reading = reading;
    const session = await by(owner, way);
    const { projectId: member } = stranger;
    const add = () => statusOf(session.api.POST(MEMBERS, { params: ofImage(image), body: { member } }));
    const path = { image_id: image, member_id: member };
    for (let n = 0; n < ROUNDS; n++) {
      expect(await add()).toBe(200);
      await expectBytes(stranger.token, image, "there");
      expect(await statusOf(session.api.DELETE(`${MEMBERS}/{member_id}`, { params: { path } }))).toBe(204);
      await expectBytes(stranger.token, image, 404);
    }
    expect(await add()).toBe(200);
    await updateImage(session, image, [{ op: "replace", path: "/visibility", value: "private" }]);
    await expectBytes(stranger.token, image, 404);
    await expectBytes(owner, image, "there");
  },
);

test.each(WAYS)("of an image that is deactivated or deleted by %s nobody gets a byte later", async (way) => {
  const { image, reading } = await fetchedByAll();
  await using _reading = reading;
  const admin = await by(await service.token(), way);
  for (let n = 0; n < ROUNDS; n++) {
    await setImageActive(admin, image, "deactivate");
    await expectBytes(owner, image, 403);
    await setImageActive(admin, image, "reactivate");
    await expectBytes(owner, image, "there");
  }
  await deleteImage(await by(owner, way), image);
  await expectBytes(owner, image, 404);
});

test("a token that was revoked fetches nothing any more", async () => {
  const { image, reading } = await fetchedByAll();
  await using _reading = reading;
  const token = await service.memberOf("revoked");
  await updateImage(await by(owner, "url"), image, [
    { op: "replace", path: "/visibility", value: "community" },
  ]);
  await expectBytes(token, image, "there");
  await revoke(service, token);
  await expectBytes(token, image, 401);
});
