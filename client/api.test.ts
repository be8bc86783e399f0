import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FakeCloud, sendJson, startFakeCloud } from "../test/support/fake-cloud.node.ts";
import { dataOf } from "./api.ts";
import { users } from "./identity.ts";
import { createImage, downloadImage, showImage, uploadImage } from "./images.ts";
import { nodeTransport } from "./node-transport.ts";
import { Session } from "./session.ts";
import { fetchTransport } from "./transport.ts";

let cloud: FakeCloud;
beforeEach(async () => {
  cloud = await startFakeCloud();
});
afterEach(() => cloud.close());

const signedIn = (transport = fetchTransport) =>
  new Session({
    credentials: {
      type: "password",
      authUrl: `${cloud.url}/somewhere/v3`,
      user: { name: "demo", domain: { id: "default" } },
      password: "a secret for tests",
    },
    imageEndpoint: cloud.url,
    transport,
  });

beforeEach(() =>
  cloud.answer("POST", "/somewhere/v3/auth/tokens", (_request, response) => {
    cloud.tokens.add("t");
    response.setHeader("x-subject-token", "t");
    sendJson(response, 201, { token: {} });
  }),
);

test("calls by path reach the image service, with parameters where the document has them", async () => {
  const { api } = signedIn();
  cloud.addImage({ name: "a b" });
  const query = { limit: 1, name: "a b", tag: ["x", "y&z"], properties: { os_distro: "debian" } };
  const page = await dataOf(api.GET("/v2/images", { params: { query } }));
  expect(page.images.map(({ name }) => name)).toEqual(["a b"]);
  expect([...(cloud.seen.at(-1)?.query ?? [])]).toEqual([
    ["limit", "1"],
    ["name", "a b"],
    ["tag", "x"],
    ["tag", "y&z"],
    ["os_distro", "debian"],
  ]);
});

test("additional properties of a new image are texts, or the program does not compile", () => {
  const session = signedIn();
  const none = [
    // @ts-expect-error: the service refuses numbers
    () => createImage(session, { name: "a", foo: 1 }),
    // @ts-expect-error: and what it knows by another type
    () => createImage(session, { min_disk: "1" }),
    () => createImage(session, { min_disk: 1, foo: "1" }),
  ];
  expect(none).toHaveLength(3);
});

test("calls of the identity service reach the one where the credentials were shown", async () => {
  cloud.answer("GET", "/somewhere/v3/users/u1", (_request, response) =>
    sendJson(response, 200, { user: { id: "u1", name: "demo" } }),
  );
  expect(await users.show(signedIn(), "u1")).toEqual({ id: "u1", name: "demo" });
});

test("an empty id is refused before anything is sent, for its path would be another", async () => {
  await expect(showImage(signedIn(), "")).rejects.toThrow("The image id is empty.");
  expect(cloud.seen).toEqual([]);
});

test("a page that is no JSON is no answer", async () => {
  const { id } = cloud.addImage({});
  cloud.answer("GET", `/v2/images/${id}`, (_request, response) => response.end("<html>Welcome</html>"));
  await expect(showImage(signedIn(), String(id))).rejects.toThrow("something that is not JSON");
});

test.each([
  ["fetch", fetchTransport],
  ["node", nodeTransport()],
])("a file of a browser's is sent as it is, also again after a 401: %s", async (_name, transport) => {
  const { id } = cloud.addImage({});
  const session = signedIn(transport);
  await session.token();
  cloud.tokens.clear();
  await uploadImage(session, String(id), new File(["da", "ta"], "disk.raw"), { size: 4 });
  expect(String(cloud.data.get(String(id)))).toBe("data");
  expect(cloud.seen.at(-1)?.headers).toMatchObject({
    "content-type": "application/octet-stream",
    "x-openstack-image-size": "4",
  });
});

test("an image without data, and one of no bytes, are two things", async () => {
  const session = signedIn(nodeTransport());
  const empty = cloud.addImage({}, Buffer.alloc(0));
  const none = cloud.addImage({});
  expect(await downloadImage(session, String(none.id))).toBeUndefined();
  const data = await downloadImage(session, String(empty.id));
  expect(data?.size).toBe(0);
  expect(await buffer(data?.body ?? new Blob(["absent"]).stream())).toHaveLength(0);
});

test("a download that is given up gives its connection up", async () => {
  const closed = Promise.withResolvers<void>();
  const { id } = cloud.addImage({}, Buffer.from("first"));
  cloud.answer("GET", `/v2/images/${id}/file`, (_request, response) => {
    response.writeHead(200, { "content-length": 1_000_000 });
    response.write("first");
    response.once("close", closed.resolve);
  });
  const data = await downloadImage(signedIn(nodeTransport()), String(id));
  for await (const _chunk of data?.body ?? []) break;
  await closed.promise;
});
