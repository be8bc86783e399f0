import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { admin, ask, created, member } from "../../test/support/catalogue.ts";

const STORES = [
  { id: "light", type: "memory" },
  { id: "heavy", type: "r2", weight: 10 },
  { id: "web", type: "http", weight: 10 },
];
const LIGHT = { url: "memory://light/a", metadata: { store: "light" } };
const HEAVY = { url: "r2://glimpse-images/a", metadata: { store: "heavy" } };
const WEB = { url: "https://images.example.org/a", metadata: { store: "web", note: "x" } };

async function active(status = "active"): Promise<string> {
  const { id } = await created({ disk_format: "raw", container_format: "bare" });
  await env.DB.batch([
    env.DB.prepare("UPDATE images SET status = ?, size = 1 WHERE id = ?").bind(status, id),
    ...[LIGHT, WEB, HEAVY].map(({ url, metadata }) =>
      env.DB.prepare(
        "INSERT INTO image_locations (image_id, url, store, metadata, created_at) VALUES (?, ?, ?, ?, 0)",
      ).bind(id, url, metadata.store, JSON.stringify(metadata)),
    ),
  ]);
  return id;
}

const shown = async (id: string, LOCATIONS: object, as = member("p1")) =>
  (await ask("GET", `/v2/images/${id}`, { as, env: { STORES, LOCATIONS } })).body;
const BOTH = { showMultipleLocations: true, showImageDirectUrl: true };

test("where the bytes are is nobody's to see unless the operator says so", async () => {
  const image = await shown(await active(), {});
  expect(image).not.toHaveProperty("locations");
  expect(image).not.toHaveProperty("direct_url");
  expect(image.stores).toBe("web,heavy,light");
});

test("the heaviest store is first, of two alike the older location", async () => {
  expect(await shown(await active(), BOTH)).toMatchObject({
    stores: "web,heavy,light",
    direct_url: WEB.url,
    locations: [WEB, HEAVY, LIGHT],
  });
});

test("each setting shows what it names and no more", async () => {
  const id = await active();
  expect(await shown(id, { showImageDirectUrl: true })).not.toHaveProperty("locations");
  expect(await shown(id, { showMultipleLocations: true })).not.toHaveProperty("direct_url");
});

test("an image without data has no places, and no direct_url", async () => {
  const { id } = await created();
  const image = await shown(id, BOTH);
  expect(image.locations).toEqual([]);
  expect(image).not.toHaveProperty("direct_url");
});

test("those of a deactivated image are shown to administrators alone", async () => {
  const id = await active("deactivated");
  const image = await shown(id, BOTH);
  expect(image.locations).toEqual([]);
  expect(image).not.toHaveProperty("direct_url");
  expect((await shown(id, BOTH, admin())).locations).toEqual([WEB, HEAVY, LIGHT]);
});
