import { afterAll, beforeAll, expect, test } from "vitest";
import { dataOf } from "../../client/api.ts";
import { grantRole, projects, revokeRole, roles, users } from "../../client/identity.ts";
import { deleteImage, listImages, ofImage, updateImage } from "../../client/images.ts";
import type { Session } from "../../client/session.ts";
import { statusOf } from "./support/asked.ts";
import { createImage } from "./support/images.ts";
import {
  everywhere,
  expectSeen,
  others,
  type Party,
  partyOf,
  ROUNDS,
  seenBy,
  WAYS,
  type Way,
} from "./support/others.ts";
import { Service } from "./support/service.ts";

const EVERYBODY = { create: ["@"], read: ["@"], update: ["@"], delete: ["@"] };
const KEEPER = "keeper";
const KEPT = { create: [KEEPER], read: [KEEPER], update: [KEEPER], delete: [KEEPER] };

let service: Service;
let owner: string;
let member: Party;
let third: Party;

beforeAll(async () => {
  const rules = [
    { name: "^kept_", ...KEPT },
    { name: ".*", ...EVERYBODY },
  ];
  service = await Service.start({ settings: { property_protection: { rules } } });
  owner = await service.memberOf("owner");
  member = await partyOf(service, "member");
  third = await partyOf(service, "third");
});

afterAll(() => service?.[Symbol.asyncDispose]());

const as = (token: string, way: Way): Promise<Session> => service.client(token, service[way]);

/** Each of them reads through both doors. */
async function othersSee(image: string, ...tokens: readonly string[]): Promise<AsyncDisposable> {
  const sessions = await Promise.all(tokens.flatMap((token) => WAYS.map((way) => as(token, way))));
  return others(
    sessions.map((session) => async () => {
      await seenBy(session, image);
      await idsIn(session);
      await statusAfter(session, image);
    }),
  );
}

/** The list as it is by default: of what is shared, what was accepted. */
async function idsIn(session: Session, filters = {}): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of listImages(session, { filters })) ids.push(id);
  return ids;
}

/** The status of the page after this image. */
const statusAfter = ({ api }: Session, marker: string): Promise<number> =>
  statusOf(api.GET("/v2/images", { params: { query: { marker } } }));

const MEMBERS = "/v2/images/{image_id}/members";
const MEMBER = `${MEMBERS}/{member_id}` as const;
const ofMember = (image: string, { projectId }: Party) => ({
  params: { path: { image_id: image, member_id: projectId } },
});

test.each(WAYS)(
  "what changes by %s of who shares an image is so for the one and not for others",
  async (way) => {
    const session = await as(owner, way);
    const image = await createImage(service, { visibility: "shared" }, owner);
    const shareWith = async (whom: Party) => {
      const shared = { params: ofImage(image), body: { member: whom.projectId } };
      expect(await statusOf(session.api.POST(MEMBERS, shared))).toBe(200);
    };
    const answer = async (whom: Party, status: "accepted" | "rejected") => {
      const { api } = await as(whom.token, way);
      expect(await statusOf(api.PUT(MEMBER, { ...ofMember(image, whom), body: { status } }))).toBe(200);
    };
    /** Whether it may be seen, and whether it is listed unless one asks for more. */
    const isFor = (whom: Party, { seen, listed }: { seen: boolean; listed: boolean }) =>
      everywhere(service, whom.token, async (theirs) => {
        const { shown, listed: listedAmongAll } = await seenBy(theirs, image);
        expect([shown?.id, listedAmongAll?.id]).toEqual(seen ? [image, image] : [undefined, undefined]);
        expect((await idsIn(theirs)).includes(image)).toBe(listed);
        expect(await statusAfter(theirs, image)).toBe(seen ? 200 : 403);
      });
    await shareWith(third);
    await answer(third, "accepted");
    await using _others = await othersSee(image, owner, member.token, third.token);
    for (let n = 0; n < ROUNDS; n++) {
      await shareWith(member);
      await isFor(member, { seen: true, listed: false });
      await answer(member, "accepted");
      await isFor(member, { seen: true, listed: true });
      if (n % 2 === 0) {
        await answer(member, "rejected");
        await isFor(member, { seen: true, listed: false });
      }
      expect(await statusOf(session.api.DELETE(MEMBER, ofMember(image, member)))).toBe(204);
      await isFor(member, { seen: false, listed: false });
      await isFor(third, { seen: true, listed: true });
    }
    await deleteImage(session, image);
  },
);

test.each(WAYS)("what changes by %s of who sees an image is so in pages around it", async (way) => {
  const session = await as(owner, way);
  const [before, image, after] = [
    await createImage(service, { visibility: "community" }, owner),
    await createImage(service, { visibility: "community" }, owner),
    await createImage(service, { visibility: "community" }, owner),
  ];
  const pageOf = async ({ api }: Session, marker: string) => {
    const query = { visibility: "community", limit: 1, marker } as const;
    return (await dataOf(api.GET("/v2/images", { params: { query } }))).images.map(({ id }) => id);
  };
  await using _others = await othersSee(image, owner, member.token, third.token);
  const becomes = async (visibility: "private" | "shared" | "community") => {
    await updateImage(session, image, [{ op: "replace", path: "/visibility", value: visibility }]);
    const isThere = visibility === "community";
    await everywhere(service, member.token, async (theirs) => {
      // The latest comes first.
      expect(await pageOf(theirs, after)).toEqual([isThere ? image : before]);
      expect(await statusAfter(theirs, image)).toBe(isThere ? 200 : 403);
      expect((await idsIn(theirs, { visibility: "community" })).includes(image)).toBe(isThere);
      expect((await seenBy(theirs, image)).shown?.id).toBe(isThere ? image : undefined);
    });
    await everywhere(service, owner, async (own) => expect(await idsIn(own)).toContain(image));
  };
  for (let n = 0; n < ROUNDS; n++) {
    await becomes(n % 2 === 0 ? "private" : "shared");
    await becomes("community");
  }
  for (const each of [before, image, after]) await deleteImage(session, each);
});

test.each(WAYS)(
  "a property that is written by %s for those of a role is seen by nobody else of the project",
  async (way) => {
    const admin = service.session("admin", service.openrc().OS_PASSWORD ?? "", "admin");
    const { id: projectId } = await projects.create(admin, { name: `with a keeper, by ${way}` });
    const { id: memberRole } = await roles.find(admin, "member");
    const keeperRole = await roleOf(admin, KEEPER);
    const [plain, keeper] = await Promise.all(
      [[memberRole], [memberRole, keeperRole]].map(async (roleIds, n) => {
        const name = `${way} ${n}`;
        const { id: userId } = await users.create(admin, { name, password: "one of two who share" });
        for (const roleId of roleIds) await grantRole(admin, { userId, projectId, roleId });
        return {
          userId,
          token: await service.login(name, "one of two who share", `with a keeper, by ${way}`),
        };
      }),
    );
    if (!plain || !keeper) throw new Error("there are two");
    const image = await createImage(service, {}, keeper.token);
    await using _others = await othersSee(image, plain.token, keeper.token);
    const seesNothing = (round: string, token = plain.token) =>
      everywhere(service, token, async (session) => {
        const { shown, listed } = await seenBy(session, image);
        for (const seen of [shown, listed]) {
          expect(seen?.round).toBe(round);
          expect(seen).not.toHaveProperty("kept_secret");
        }
      });
    for (let n = 0; n < ROUNDS; n++) {
      const round = `${n}`;
      await updateImage(await as(keeper.token, way), image, [
        { op: "add", path: "/round", value: round },
        { op: "add", path: "/kept_secret", value: round },
      ]);
      await expectSeen(service, keeper.token, image, { round, kept_secret: round });
      await seesNothing(round);
    }
    await revokeRole(admin, { userId: keeper.userId, projectId, roleId: keeperRole });
    await seesNothing(`${ROUNDS - 1}`, keeper.token);
    await seesNothing(`${ROUNDS - 1}`);
  },
);

test("who is no administrator any more sees no image of others that copies are held of", async () => {
  const admin = service.session("admin", service.openrc().OS_PASSWORD ?? "", "admin");
  const { id: projectId } = await projects.create(admin, { name: "of the former administrator" });
  const { id: userId } = await users.create(admin, { name: "former", password: "an administrator once" });
  const [adminRole, memberRole] = await Promise.all([
    roles.find(admin, "admin"),
    roles.find(admin, "member"),
  ]);
  for (const { id: roleId } of [adminRole, memberRole]) await grantRole(admin, { userId, projectId, roleId });
  const token = await service.login("former", "an administrator once", "of the former administrator");
  const image = await createImage(service, { visibility: "private" }, owner);
  await using _others = await othersSee(image, owner, token);
  await expectSeen(service, token, image, { id: image });
  await revokeRole(admin, { userId, projectId, roleId: adminRole.id });
  await expectSeen(service, token, image, undefined);
  await everywhere(service, token, async (session) => expect(await statusAfter(session, image)).toBe(403));
  await expectSeen(service, owner, image, { id: image });
});

/** A role of this name, which is made where there is none. */
async function roleOf(admin: Session, name: string): Promise<string> {
  const [known] = await roles.list(admin, { name });
  if (known) return known.id;
  return (await dataOf(admin.api.POST("/identity/v3/roles", { body: { role: { name } } }))).role.id;
}
