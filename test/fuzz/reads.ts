import type { Listing } from "./instructions.ts";
import { isAdmin, lists, type ModelImage, reads, type Selection, sees, type Who } from "./model.ts";
import { type Answer, Broken, type World } from "./world.ts";

/** An image as an answer has it. */
type Told = Answer["json"];

/** The image, to one who sees it; to others, and when it is deleted, it is not there. */
export async function show(world: World, who: Who, image: ModelImage): Promise<void> {
  const isShown = world.images.includes(image) && sees(who, image);
  const answer = await world.must(who, `GET /v2/images/${image.id}`, isShown ? 200 : 404);
  if (isShown) compare(image, answer.json);
}

/** Holds what was said of the image against the model. */
export function compare(image: ModelImage, told: Told): void {
  const { id, name, owner, visibility, status, min_disk, os_hidden, tags } = told;
  const properties = [...image.properties.keys()].map((key) => [
    key,
    Object.getOwnPropertyDescriptor(told, key)?.value,
  ]);
  const answered = JSON.stringify([
    ...[id, name, owner, visibility, status, min_disk, os_hidden, told.protected],
    ...[[...tags].sort(), properties, storesOf(image, told.stores?.split(",") ?? [])],
  ]);
  const expected = JSON.stringify([
    ...[image.id, image.name, image.owner, image.visibility, image.status, image.minDisk],
    ...[image.hidden, image.protected, [...image.tags].sort(), [...image.properties]],
    storesOf(image, image.places),
  ]);
  if (answered !== expected) throw new Broken(`answered ${answered}, the model has ${expected}`);
}

/** What a failed import left on the record of a queued image is no data of its. */
const storesOf = ({ status }: ModelImage, stores: readonly string[]): readonly string[] =>
  status === "queued" ? [] : [...stores].sort();

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
  await requireListed(world, who, query.toString(), selection);
}

/** All pages of a list have the images of this world that the model has there, as they are, and no others. */
export async function requireListed(
  world: World,
  who: Who,
  query: string,
  selection: Selection,
): Promise<void> {
  const listed = await listedOf(world, who, query);
  const expected = world.images.filter((image) => lists(who, image, selection));
  const [have, want] = [listed, expected].map((images) =>
    images
      .map(({ id }) => id)
      .sort()
      .join(" "),
  );
  if (have !== want) throw new Broken(`${who.role} of ${who.project} lists ${have}, not ${want}`);
  const known = new Map(expected.map((image) => [image.id, image]));
  for (const told of listed) compare(known.get(told.id) as ModelImage, told);
}

async function listedOf(world: World, who: Who, query: string): Promise<Told[]> {
  const images: Told[] = [];
  let next: string | undefined = `/v2/images?world=${world.name}&${query}`;
  while (next !== undefined) {
    const { json }: Answer = await world.must(who, `GET ${next}`, 200);
    images.push(...json.images);
    next = json.next;
    if (images.length > 500) throw new Broken(`a list does not end: ${query}`);
  }
  return images;
}

/** Everybody who sees an image is told of the tasks of their own project alone. */
export async function requireTasks(world: World, who: Who, { id, taskOwners }: ModelImage): Promise<void> {
  const { json } = await world.must(who, `GET /v2/images/${id}/tasks`, 200);
  const told: number = json.tasks.length;
  const owned = taskOwners.filter((owner) => isAdmin(who) || owner === who.project).length;
  if (told !== owned)
    throw new Broken(`${who.role} of ${who.project} is told of ${told} tasks of ${id}, not ${owned}`);
}
