import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FakeCloud, sendJson, startFakeCloud } from "../test/support/fake-cloud.node.ts";
import { createImage, listImages, showImage, uploadImage } from "./images.ts";
import type { Credentials } from "./keystone.ts";
import { Session } from "./session.ts";

let cloud: FakeCloud;
beforeEach(async () => {
  cloud = await startFakeCloud();
});
afterEach(() => cloud.close());

const password = (): Credentials => ({
  type: "password",
  authUrl: `${cloud.url}/identity`,
  user: { name: "demo", domain: { id: "default" } },
  password: "a secret for tests",
  scope: { project: { name: "demo", domain: { name: "Default" } } },
});

const logins = () => cloud.seen.filter(({ path }) => path === "/identity/v3/auth/tokens");

describe("a session", () => {
  test("logs in once, scoped, and finds the image service in the catalogue", async () => {
    const session = new Session({ credentials: password() });
    const image = await createImage(session, { name: "a" });
    expect((await showImage(session, image.id)).name).toBe("a");
    expect(logins()).toHaveLength(1);
    expect(JSON.parse(String(logins()[0]?.body))).toEqual({
      auth: {
        identity: {
          methods: ["password"],
          password: {
            user: { name: "demo", domain: { id: "default" }, password: "a secret for tests" },
          },
        },
        scope: { project: { name: "demo", domain: { name: "Default" } } },
      },
    });
  });

  test("logs in again, once, when its token is refused", async () => {
    const session = new Session({ credentials: password() });
    const { id } = await createImage(session, {});
    cloud.tokens.clear();
    expect((await showImage(session, id)).id).toBe(id);
    expect(logins()).toHaveLength(2);
    cloud.answer("GET", `/v2/images/${id}`, (_request, response) => sendJson(response, 401, {}));
    await expect(showImage(session, id)).rejects.toMatchObject({ status: 401 });
    expect(logins()).toHaveLength(3);
  });

  test("sends a body again after a 401 only when it can be read again", async () => {
    const session = new Session({ credentials: password() });
    const { id } = await createImage(session, {});
    let opened = 0;
    const source = (replayable: boolean) => ({
      replayable,
      open: async function* () {
        opened += 1;
        yield Buffer.from("data");
      },
    });
    cloud.tokens.clear();
    await expect(uploadImage(session, id, source(false))).rejects.toMatchObject({ status: 401 });
    expect(opened).toBe(1);
    await uploadImage(session, id, source(true));
    expect(opened).toBe(3);
    expect(String(cloud.data.get(id))).toBe("data");
  });

  test("renews a token that is about to expire before it sends anything", async () => {
    let now = Date.parse("2026-01-01");
    const session = new Session({ credentials: password(), now: () => now });
    await createImage(session, {});
    now = Date.parse("2998-12-31T23:59:30Z");
    await createImage(session, {});
    expect(logins()).toHaveLength(2);
  });

  test("says what the identity service refused", async () => {
    cloud.answer("POST", "/identity/v3/auth/tokens", (_request, response) =>
      sendJson(response, 401, {
        error: { code: 401, message: "The request needs authentication.", title: "Unauthorized" },
      }),
    );
    const session = new Session({ credentials: password() });
    await expect(createImage(session, {})).rejects.toThrow(
      "HTTP 401 Unauthorized: The request needs authentication.",
    );
  });

  test("names the service, interface and region that the catalogue lacks", async () => {
    const session = new Session({ credentials: password(), region: "Mars", interface: "internal" });
    await expect(createImage(session, {})).rejects.toThrow(
      'The catalogue has no internal endpoint for the service "image" in region Mars.',
    );
  });

  test("uses an endpoint that it is given, with a version at its end or without", async () => {
    cloud.tokens.add("given");
    for (const imageEndpoint of [cloud.url, `${cloud.url}/`, `${cloud.url}/v2`, `${cloud.url}/v2.1/`]) {
      const session = new Session({ credentials: { type: "fixed", token: "given" }, imageEndpoint });
      expect((await createImage(session, {})).status).toBe("queued");
    }
    expect(logins()).toHaveLength(0);
  });
});

describe("a list", () => {
  const names = async (query: Parameters<typeof listImages>[1]) => {
    const found: string[] = [];
    for await (const image of listImages(new Session({ credentials: password() }), query))
      found.push(String(image.name));
    return found;
  };

  test("goes on over the pages and stops at its limit", async () => {
    for (const name of ["a", "b", "c", "d", "e"]) cloud.addImage({ name });
    expect(await names({ pageSize: 2 })).toEqual(["a", "b", "c", "d", "e"]);
    expect(await names({ pageSize: 2, limit: 3 })).toEqual(["a", "b", "c"]);
    expect(await names({ limit: 0 })).toEqual([]);
  });

  test("does not follow a link to another place with its token", async () => {
    cloud.answer("GET", "/v2/images", (_request, response) =>
      sendJson(response, 200, { images: [], next: "//evil.example/v2/images" }),
    );
    await expect(names({})).rejects.toThrow("which is not a path of the Image API");
  });

  test("repeats what repeats", async () => {
    await names({
      sortKeys: ["name", "size"],
      sortDirs: ["asc"],
      filters: { tag: ["a", "b&c"], properties: { os_distro: "x y" } },
    });
    const query = cloud.seen.at(-1)?.query;
    expect(query?.getAll("tag")).toEqual(["a", "b&c"]);
    expect(query?.getAll("sort_key")).toEqual(["name", "size"]);
    expect(query?.get("os_distro")).toBe("x y");
  });
});
