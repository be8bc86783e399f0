import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { countedUsage, recountedUsage, usageOf } from "../../test/support/usage.ts";
import { STATUSES } from "../domain/status.ts";

let images = 0;

async function row(owner: string | null, status: string, size: number | null, locations: readonly string[]) {
  const id = `i${images++}`;
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO images (id, status, visibility, protected, os_hidden, owner, min_disk, min_ram, size, created_at, updated_at)
       VALUES (?, ?, 'shared', 0, 0, ?, 0, 0, ?, 1, 1)`,
    ).bind(id, status, owner, size),
    ...locations.map((state) =>
      env.DB.prepare(
        "INSERT INTO image_locations (image_id, url, store, status, created_at) VALUES (?, ?, 'file', ?, 1)",
      ).bind(id, `memory://${id}`, state),
    ),
  ]);
  return id;
}

const LOCATIONS = [[], ["active"], ["active", "active"], ["active", "pending_delete"]];

const CHANGES = [
  ...STATUSES.map((status) => `UPDATE images SET status = '${status}'`),
  "UPDATE images SET size = 11, reserved_bytes = 4",
  "UPDATE images SET size = NULL",
  "UPDATE images SET owner = NULL",
  "UPDATE images SET owner = 'q', status = 'active', size = 12, reserved_bytes = 0",
  "UPDATE images SET owner = 'r'",
  "UPDATE images SET name = 'other'",
  "UPDATE image_locations SET status = 'pending_delete' WHERE id % 2 = 0",
  "UPDATE image_locations SET status = 'active'",
  "DELETE FROM image_locations WHERE id % 3 = 0",
  "DELETE FROM images WHERE NOT EXISTS (SELECT 1 FROM image_locations WHERE image_id = images.id)",
];

test("whatever is written to images and locations, the counters are what a recount finds", async () => {
  for (const owner of ["p", null])
    for (const status of STATUSES)
      for (const size of [null, 0, 7])
        for (const locations of LOCATIONS) await row(owner, status, size, locations);
  expect(await countedUsage()).toEqual(await recountedUsage());
  for (const change of CHANGES) {
    await env.DB.prepare(change).run();
    expect(await countedUsage(), change).toEqual(await recountedUsage());
  }
});

test("an image counts its size once for each location, and nothing when it is ownerless", async () => {
  await row("counted", "active", 7, ["active", "active", "pending_delete"]);
  await row("counted", "saving", 5, []);
  await row("counted", "importing", 3, []);
  await row("counted", "pending_delete", 2, ["active"]);
  expect(await usageOf("counted")).toEqual({
    project: "counted",
    images: 3,
    uploading: 2,
    bytes: 16,
    staged_bytes: 3,
    reserved_bytes: 0,
  });
  expect((await countedUsage()).filter(({ project }) => project === null)).toEqual([]);
});
