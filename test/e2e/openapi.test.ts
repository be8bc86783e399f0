import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { heldFetch } from "./support/held.ts";
import { Service } from "./support/service.ts";

let service: Service;

beforeAll(async () => {
  service = await Service.start();
});

afterAll(async () => {
  await service?.[Symbol.asyncDispose]();
});

test.each(["openapi.json", "openapi.yaml"])("the front door serves %s as it is checked in", async (name) => {
  const response = await heldFetch(`${service.url}/${name}`);
  const { status, headers } = response;
  expect([status, headers.get("cache-control")]).toEqual([200, "public, max-age=300"]);
  const checkedIn = readFileSync(new URL(`../../openapi/${name}`, import.meta.url), "utf8");
  expect(await response.text()).toBe(checkedIn);
  const etag = headers.get("etag") ?? "";
  expect((await heldFetch(`${service.url}/${name}`, { headers: { "if-none-match": etag } })).status).toBe(
    304,
  );
});
