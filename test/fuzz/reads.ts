import type { Listing } from "./instructions.ts";
import { isAdmin, lists, type ModelImage, reads, type Who } from "./model.ts";
import { type Answer, Broken, type World } from "./world.ts";

/** Shows the image to one who sees it. */
export async function show(world: World, who: Who, image: ModelImage): Promise<void> {
  compare(image, await world.must(who, `GET /v2/images/${image.id}`, 200));
}

/** Holds what was said of the image against the model. */
export function compare(image: ModelImage, { json }: Answer): void {
  const { id, name, owner, visibility, status, min_disk, os_hidden, tags } = json;
  const properties = [...image.properties.keys()].map((key) => [
    key,
    Object.getOwnPropertyDescriptor(json, key)?.value,
  ]);
  const answered = JSON.stringify([
    id,
    name,
    owner,
    visibility,
    status,
    min_disk,
    os_hidden,
    json.protected,
    [...tags].sort(),
    properties,
  ]);
  const expected = JSON.stringify([
    ...[
      image.id,
      image.name,
      image.owner,
      image.visibility,
      image.status,
      image.minDisk,
      image.hidden,
      image.protected,
    ],
    ...[[...image.tags].sort(), [...image.properties]],
  ]);
  if (answered !== expected) throw new Broken(`answered ${answered}, the model has ${expected}`);
}

/** Lists what the caller asks for, and is given what the model has of it. */
export async function list(world: World, who: Who, { owner, ...filters }: Listing): Promise<void> {
  const query = new URLSearchParams(Object.entries(filters).map(([name, value]) => [name, String(value)]));
  if (owner !== undefined) query.set("owner", world.project(owner));
  if (!reads(who)) return void (await world.must(who, `GET /v2/images?${query}`, 403));
  const selection = {
    visibility: filters.visibility,
    memberStatus: filters.member_status ?? ("accepted" as const),
    hidden: filters.os_hidden ?? false,
    tag: filters.tag,
    status: filters.status,
    owner: owner === undefined ? undefined : world.project(owner),
    protected: filters.protected,
  };
  requireSame(
    who,
    await listed(world, who, query.toString()),
    world.images.filter((image) => lists(who, image, selection)),
  );
}

/** Ids of the images of this world that a list has, from all of its pages. */
export async function listed(world: World, who: Who, query: string): Promise<string[]> {
  const ids: string[] = [];
  let next: string | undefined = `/v2/images?world=${world.name}&${query}`;
  while (next !== undefined) {
    const { json }: Answer = await world.must(who, `GET ${next}`, 200);
    ids.push(...json.images.map(({ id }: { id: string }) => id));
    next = json.next;
    if (ids.length > 500) throw new Broken(`a list does not end: ${query}`);
  }
  return ids;
}

export function requireSame(who: Who, listed: readonly string[], expected: readonly ModelImage[]): void {
  const [have, want] = [listed, expected.map(({ id }) => id)].map((ids) => [...ids].sort().join(" "));
  if (have !== want) throw new Broken(`${who.role} of ${who.project} lists ${have}, not ${want}`);
}

/** Everybody who sees an image is told of the tasks of their own project alone. */
export async function requireTasks(world: World, who: Who, { id, taskOwners }: ModelImage): Promise<void> {
  const { json } = await world.must(who, `GET /v2/images/${id}/tasks`, 200);
  const told: number = json.tasks.length;
  const owned = taskOwners.filter((owner) => isAdmin(who) || owner === who.project).length;
  if (told !== owned)
    throw new Broken(`${who.role} of ${who.project} is told of ${told} tasks of ${id}, not ${owned}`);
}
