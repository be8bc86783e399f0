import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { coordinatorOf } from "../../src/durable/coordinator-of.ts";
import { keysOf } from "../support/image-data.ts";
import { countedUsage, recountedUsage } from "../support/usage.ts";
import { reads, sees, type Who } from "./model.ts";
import { requireListed, requireTasks, show } from "./reads.ts";
import { Broken, shown, type World } from "./world.ts";

/** After a run: everybody sees what the model lets it see, and what is counted and stored is what there is. */
export async function settle(world: World): Promise<void> {
  for (const image of world.images) {
    const stored = await world.stored(image.id);
    if (shown(stored) !== shown(image))
      throw new Broken(`stored is ${shown(stored)}, the model has ${shown(image)}`);
  }
  for (const who of new Set(world.callers)) await settleFor(world, who);
  await settleStores(world);
  const [counted, recounted] = [await countedUsage(), await recountedUsage()].map((usage) =>
    JSON.stringify(usage),
  );
  if (counted !== recounted) throw new Broken(`usage is counted as ${counted}, and is ${recounted}`);
}

const ALL = {
  visibility: "all",
  memberStatus: "all",
  tag: undefined,
  status: undefined,
  owner: undefined,
  protected: undefined,
} as const;

async function settleFor(world: World, who: Who): Promise<void> {
  for (const image of world.images) {
    await show(world, who, image);
    if (sees(who, image)) await requireTasks(world, who, image);
  }
  for (const id of world.gone) await world.must(who, `GET /v2/images/${id}`, 404);
  if (!reads(who)) return;
  for (const hidden of [false, true]) {
    const query = `visibility=all&member_status=all&os_hidden=${hidden}&limit=7`;
    await requireListed(world, who, query, { ...ALL, hidden });
  }
}

/** Once its alarm has run, a store of ours holds for an image what its active locations name, and nothing else. */
async function settleStores(world: World): Promise<void> {
  for (const id of [...world.images.map((image) => image.id), ...world.gone]) {
    await runDurableObjectAlarm(coordinatorOf(env, id));
    const { results } = await env.DB.prepare(
      "SELECT store, url FROM image_locations WHERE image_id = ? AND status = 'active' AND store <> 'web'",
    )
      .bind(id)
      .all<{ store: string; url: string }>();
    const located = results
      .map(({ store, url }) => `${store}/${url.split("/").at(-1)}`)
      .sort()
      .join(" ");
    const held = (await keysOf(id)).sort().join(" ");
    if (held !== located) throw new Broken(`stores hold "${held}" of ${id}, its locations name "${located}"`);
  }
}
