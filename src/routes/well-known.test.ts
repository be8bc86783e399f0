import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { app } from "../app.ts";

const asked = (method: string, more: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
  app.request("http://glimpse:9292/.well-known/openstack/api", { method, headers }, { ...env, ...more });
const profile = async (more: Record<string, unknown>) => (await asked("GET", more)).json();

test("embedded identity's profile says all but who asks, without a token", async () => {
  const answer = await asked("GET");
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/json"]);
  expect(await answer.json()).toEqual({
    name: "glimpse:9292",
    profile: {
      auth: {
        auth_url: "http://glimpse:9292/identity/v3",
        user_domain_id: "default",
        project_domain_id: "default",
      },
      identity_api_version: "3",
      regions: ["RegionOne"],
      image_api_version: "2",
    },
  });
});

test("it names the public URL and the region where these are configured", async () => {
  const IDENTITY = { mode: "embedded", region: "north" };
  expect(await profile({ IDENTITY, PUBLIC_URL: "https://image.example.org/" })).toMatchObject({
    name: "image.example.org",
    profile: { auth: { auth_url: "https://image.example.org/identity/v3" }, regions: ["north"] },
  });
});

test("a Keystone's profile names that Keystone as clients reach it", async () => {
  const IDENTITY = {
    mode: "keystone",
    authUrl: "http://10.0.0.1:5000/v3",
    publicAuthUrl: "https://keystone.example.org/v3",
    ...{ username: "glimpse", projectName: "service" },
  };
  expect(await profile({ IDENTITY, KEYSTONE_PASSWORD: "hush" })).toEqual({
    name: "glimpse:9292",
    profile: {
      auth: { auth_url: "https://keystone.example.org/v3" },
      identity_api_version: "3",
      regions: ["RegionOne"],
      image_api_version: "2",
    },
  });
});

test("without identity the profile needs nobody", async () => {
  const IDENTITY = { mode: "none", allowAnyone: true };
  expect(await profile({ IDENTITY })).toMatchObject({
    profile: { auth_type: "admin_token", auth: { endpoint: "http://glimpse:9292/v2/", token: "anyone" } },
  });
});

test("other methods are a 405, and an Accept that names a version leads nowhere else", async () => {
  const answer = await asked("POST");
  expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  expect((await asked("GET", {}, { accept: "application/vnd.openstack.images-v2" })).status).toBe(200);
});
