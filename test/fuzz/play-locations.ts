import { digestsOf } from "../support/digests.ts";
import { taskEnds, WEB } from "../support/web-server.ts";
import type { Instruction } from "./instructions.ts";
import { changes, isAdmin, type ModelImage, type Who } from "./model.ts";
import { requireTasks } from "./reads.ts";
import { Broken, type World } from "./world.ts";

type Of<K extends Instruction["kind"]> = Extract<Instruction, { kind: K }>;
export type OfLocations = Of<"locate" | "import" | "unstore" | "tasks">;

const PATCH = { "content-type": "application/openstack-images-v2.1-json-patch" };
/** spec/quotas.md section 3. */
const MOST_LOCATIONS = 10;

/** Where an image's data is: spec/locations.md, and its task of it: info-tasks-cache.md section 3. */
export function locations(world: World, who: Who, image: ModelImage, asked: OfLocations): Promise<void> {
  switch (asked.kind) {
    case "locate":
      return locate(world, who, image, asked);
    case "import":
      return importOne(world, who, image, asked);
    case "unstore":
      return unstore(world, who, image, asked.store);
    case "tasks":
      return requireTasks(world, who, image);
  }
}

/** A file of the web server: of an image that has data already, a copy of that. */
const fileOf = (world: World, { data }: ModelImage, bytes: number) => {
  const text = data ?? "y".repeat(bytes);
  const url = `${WEB}/${crypto.randomUUID()}`;
  world.web.keep(url, new TextEncoder().encode(text));
  return { text, url };
};

async function locate(world: World, who: Who, image: ModelImage, asked: Of<"locate">): Promise<void> {
  const { text, url } = fileOf(world, image, asked.bytes);
  const value = { url: asked.missing ? `${url}-not` : url, metadata: {} };
  const status = !changes(who, image)
    ? 403
    : image.status !== "queued" && image.status !== "active"
      ? 409
      : image.places.length >= MOST_LOCATIONS
        ? 413
        : asked.missing || !image.formats
          ? 400
          : 200;
  const answer = await world.must(
    who,
    `PATCH /v2/images/${image.id}`,
    status === 200 ? world.withinQuota(200) : status,
    { headers: PATCH, body: JSON.stringify([{ op: "add", path: "/locations/-", value }]) },
  );
  if (answer.status === 200)
    Object.assign(image, { status: "active", data: text, places: [...image.places, "web"] });
}

async function importOne(world: World, who: Who, image: ModelImage, asked: Of<"import">): Promise<void> {
  const { text, url } = fileOf(world, image, asked.bytes);
  const right = (await digestsOf(new TextEncoder().encode(text), "sha256")).hashValue;
  const hash = { none: undefined, right, wrong: "0".repeat(64) }[asked.claim];
  const claim = hash ? { validation_data: { os_hash_algo: "sha256", os_hash_value: hash } } : {};
  const status = image.status !== "queued" ? 409 : changes(who, image) ? 202 : 403;
  const body = JSON.stringify({ url, ...claim });
  const answer = await world.must(who, `POST /v2/images/${image.id}/locations`, status, { body });
  if (answer.status !== 202) return;
  image.taskOwners.push(who.project);
  const good = image.formats && asked.claim !== "wrong";
  const ended = await taskEnds(image.id);
  if (ended === "failure" && (!good || world.hasQuota)) return;
  if (ended !== (good ? "success" : "failure")) throw new Broken(`the import into ${image.id} is a ${ended}`);
  Object.assign(image, { status: "active", data: text, places: ["web"] });
}

async function unstore(world: World, who: Who, image: ModelImage, store: string): Promise<void> {
  const at = image.places.indexOf(store);
  const status = !isAdmin(who)
    ? 403
    : image.status !== "active"
      ? 409
      : image.places.length === 1
        ? 403
        : at < 0
          ? 404
          : 204;
  await world.must(who, `DELETE /v2/stores/${store}/${image.id}`, status);
  if (status === 204) Object.assign(image, { places: image.places.toSpliced(at, 1) });
}
