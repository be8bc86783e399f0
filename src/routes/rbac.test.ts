import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { adminToken, call, newPersona, type Persona } from "../../test/support/identity.ts";
import { app } from "../app.ts";
import type { Env } from "../env.ts";

/** The table of spec/rbac.md section 3, by real requests, as it stands and with rules that the operator overrides. */

const PERSONAS = ["reader", "member", "admin", "service"] as const;
type Name = (typeof PERSONAS)[number];
const VISIBILITIES = ["public", "community", "shared", "private"] as const;
type Visibility = (typeof VISIBILITIES)[number];

let personas: Record<Name, Persona>;
let foreign: Persona;
let admin: string;
const images = new Map<string, string>();

async function request(
  token: string,
  method: string,
  path: string,
  opts: { body?: unknown; type?: string; on?: Env } = {},
): Promise<number> {
  const response = await app.request(
    `http://glimpse${path}`,
    {
      method,
      headers: { "x-auth-token": token, ...(opts.type ? { "content-type": opts.type } : {}) },
      ...(opts.body === undefined
        ? {}
        : { body: opts.type ? JSON.stringify(opts.body) : (opts.body as string) }),
    },
    opts.on ?? env,
  );
  await response.arrayBuffer();
  return response.status;
}

async function makeImage(owner: string, visibility: Visibility): Promise<string> {
  const id = crypto.randomUUID();
  const body = { id, owner, visibility, disk_format: "raw", container_format: "bare" };
  expect(await request(admin, "POST", "/v2/images", { body, type: "application/json" })).toBe(201);
  const headers = { "content-type": "application/octet-stream" };
  const sent = await call("PUT", `/v2/images/${id}/file`, { token: admin, body: "bytes", headers });
  expect(sent.status).toBe(204);
  return id;
}

beforeAll(async () => {
  admin = await adminToken();
  const entries = await Promise.all(
    PERSONAS.map(async (name) => [name, await newPersona(admin, name)] as const),
  );
  personas = Object.fromEntries(entries) as Record<Name, Persona>;
  foreign = await newPersona(admin, "member");
  const owners = { foreign, ...personas };
  const made = Object.entries(owners).flatMap(([name, { projectId }]) =>
    VISIBILITIES.map(
      async (visibility) => void images.set(`${name} ${visibility}`, await makeImage(projectId, visibility)),
    ),
  );
  await Promise.all(made);
  // Twenty images with their bytes, on a machine that may be busy.
}, 60_000);

const PATCH = "application/openstack-images-v2.1-json-patch";
const rename = [{ op: "replace", path: "/name", value: "renamed" }];

const ACTIONS: Record<string, (token: string, id: string, on: Env) => Promise<number>> = {
  GET: (token, id, on) => request(token, "GET", `/v2/images/${id}`, { on }),
  PATCH: (token, id, on) => request(token, "PATCH", `/v2/images/${id}`, { body: rename, type: PATCH, on }),
  "GET file": (token, id, on) => request(token, "GET", `/v2/images/${id}/file`, { on }),
};

/** The statuses of reader, member, admin and of who has another role. */
async function row(
  action: string,
  whose: "own" | "foreign",
  visibility: Visibility,
  on: Env = env,
): Promise<string> {
  const statuses = [];
  for (const name of PERSONAS) {
    const id = images.get(`${whose === "own" ? name : "foreign"} ${visibility}`) ?? "";
    statuses.push(await ACTIONS[action]?.(personas[name].token, id, on));
  }
  return statuses.join(" ");
}

describe("an own image, of any visibility", () => {
  test.each(VISIBILITIES)("%s", async (visibility) => {
    expect(await row("GET", "own", visibility)).toBe("200 200 200 404");
    expect(await row("PATCH", "own", visibility)).toBe("403 200 200 404");
    expect(await row("GET file", "own", visibility)).toBe("403 200 200 404");
  });
});

describe("another project's image", () => {
  test.each<[Visibility, string, string, string]>([
    ["public", "200 200 200 404", "403 403 200 404", "403 200 200 404"],
    ["community", "200 200 200 404", "403 403 200 404", "403 200 200 404"],
    ["shared", "404 404 200 404", "404 404 200 404", "404 404 200 404"],
    ["private", "404 404 200 404", "404 404 200 404", "404 404 200 404"],
  ])("that is %s", async (visibility, get, patch, file) => {
    expect(await row("GET", "foreign", visibility)).toBe(get);
    expect(await row("PATCH", "foreign", visibility)).toBe(patch);
    expect(await row("GET file", "foreign", visibility)).toBe(file);
  });
});

async function withoutImage(on: Env = env): Promise<Record<string, string>> {
  const of = async (ask: (token: string) => Promise<number>) => {
    const statuses = [];
    for (const name of PERSONAS) statuses.push(await ask(personas[name].token));
    return statuses.join(" ");
  };
  return {
    list: await of((token) => request(token, "GET", "/v2/images", { on })),
    POST: await of((token) =>
      request(token, "POST", "/v2/images", { body: {}, type: "application/json", on }),
    ),
    "POST public": await of((token) =>
      request(token, "POST", "/v2/images", { body: { visibility: "public" }, type: "application/json", on }),
    ),
  };
}

test("lists and new images, where nothing is hidden, are a 403 to who may not", async () => {
  expect(await withoutImage()).toEqual({
    list: "200 200 200 403",
    POST: "403 201 201 403",
    "POST public": "403 403 201 403",
  });
});

describe("with rules that the operator overrides", () => {
  const on = {
    ...env,
    POLICY: {
      download_image: "role:reader and visible",
      modify_image: "admin or (role:reader and public)",
      publicize_image: "rule:add_image",
      get_images: "@",
    },
  } as unknown as Env;

  test("what they allow is allowed, to whom they allow it", async () => {
    expect(await row("GET file", "own", "private", on)).toBe("200 200 200 404");
    expect(await row("PATCH", "foreign", "public", on)).toBe("200 200 200 404");
    expect(await row("PATCH", "own", "private", on)).toBe("403 403 200 404");
    expect(await withoutImage(on)).toEqual({
      list: "200 200 200 200",
      POST: "403 201 201 403",
      "POST public": "403 201 201 403",
    });
  });

  test("what is hidden stays hidden", async () => {
    const all = {
      ...env,
      POLICY: { get_image: "@", modify_image: "@", download_image: "@" },
    } as unknown as Env;
    for (const action of Object.keys(ACTIONS)) {
      expect(await row(action, "foreign", "private", all), action).toBe("404 404 200 404");
      expect(await row(action, "foreign", "shared", all), action).toBe("404 404 200 404");
    }
  });

  test("a policy that makes no sense stops the service, and its health check says what is wrong", async () => {
    const wrong = { ...env, POLICY: { get_image: "ownr" } } as unknown as Env;
    expect(await request(personas.admin.token, "GET", "/v2/images", { on: wrong })).toBe(503);
    const health = await app.request("http://glimpse/healthcheck", {}, wrong);
    expect(health.status).toBe(503);
    expect(await health.text()).toContain("POLICY.get_image");
  });
});
