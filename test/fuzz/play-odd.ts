import { taskEnds } from "../support/web-server.ts";
import { changes, type ModelImage, makes, owns, sees, type Who } from "./model.ts";
import type { OddRequest } from "./odd-request.ts";
import { ABSENT, type Answer, Broken, shown, type World } from "./world.ts";

/** A request that means nothing, or something else than it seems. What it changed, its caller was allowed to. */
export async function playOdd(
  world: World,
  who: Who,
  image: ModelImage | undefined,
  { method, path, headers, body }: OddRequest,
): Promise<void> {
  const target = path.replace("{image}", image ? `/v2/images/${image.id}` : ABSENT);
  const answer = await world.send(who, `${method} ${target}`, { headers, body });
  const ok = answer.status >= 200 && answer.status < 300;
  if (image && ok && path.startsWith("{image}") && !sees(who, image))
    throw new Broken(`${method} ${target} was answered to one who may not see it`);
  if (method === "POST" && answer.status === 201) return adoptNew(world, who, answer);
  if (!image || !path.startsWith("{image}") || method === "GET") return;
  // What a location leads to is found by a task, which must not go on beside what is asked next.
  if (answer.status === 202) await taskEnds(image.id);
  const stored = await world.stored(image.id);
  // A task may have begun, and failed, and left nothing else.
  image.taskOwners.splice(0, image.taskOwners.length, ...(stored?.taskOwners ?? []));
  if (stored && shown(stored) === shown(image)) return world.witness(image);
  const answeredOnly = stored && onlyAnswer(who, image, stored);
  if (!ok || !(changes(who, image) || answeredOnly))
    throw new Broken(
      `${method} ${target}, ${answer.status}, by ${who.role} of ${who.project} left ${shown(stored)}`,
    );
  if (!stored) world.drop(image);
  else
    Object.assign(image, stored, {
      data: image.status === "queued" && stored.status === "active" ? (body ?? "") : image.data,
    });
  await world.witness(image);
}

/** The one thing that a project which does not own the image may change: what it thinks of it. */
function onlyAnswer(who: Who, before: ModelImage, after: ModelImage): boolean {
  const answered = new Map(before.members);
  const status = after.members.get(who.project);
  if (status === undefined || owns(who, before) || !answered.has(who.project)) return false;
  return shown({ ...before, members: answered.set(who.project, status) }) === shown(after);
}

async function adoptNew(world: World, who: Who, { json }: Answer): Promise<void> {
  const stored = typeof json?.id === "string" ? await world.stored(json.id) : undefined;
  if (!stored) return;
  if (!makes(who, stored.owner, stored.visibility))
    throw new Broken(`${who.role} of ${who.project} made ${shown(stored)}`);
  // Of another world, as far as lists go: it does not have the property that they ask for.
  await world.must(world.admin, `GET /v2/images/${stored.id}`, 200);
}
