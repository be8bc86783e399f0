import type { Change, Instruction, Look, Step } from "./instructions.ts";
import { changes, downloads, isAdmin, type ModelImage, makes, membersFor, sees, type Who } from "./model.ts";
import { locations } from "./play-locations.ts";
import { playOdd } from "./play-odd.ts";
import { compare, list, show } from "./reads.ts";
import { ABSENT, Broken, type World } from "./world.ts";

const PATCH = { "content-type": "application/openstack-images-v2.1-json-patch" };
const ADD_LOCATION =
  '[{"op":"add","path":"/locations/-","value":{"url":"https://images.example.org/x","metadata":{}}}]';
const OCTETS = { "content-type": "application/octet-stream" };

type Of<K extends Instruction["kind"]> = Extract<Instruction, { kind: K }>;

/** Does to the service and to the model what the step says, and holds every answer against the model. */
export async function play(world: World, { instruction, look }: Step): Promise<void> {
  const who = world.who(instruction.who);
  const image = "image" in instruction ? world.image(instruction.image, who) : undefined;
  if (!look) return instruct(world, who, image, instruction);
  const first = "project" in instruction ? world.whoOf(instruction.project, look.who) : world.who(look.who);
  await read(world, first, image, look);
  await instruct(world, who, image, instruction);
  for (const reader of [first, world.who(look.next)]) await read(world, reader, image, look);
}

async function read(world: World, who: Who, image: ModelImage | undefined, { at }: Look): Promise<void> {
  if (at !== "image") await list(world, who, at);
  else if (image) await show(world, who, image);
}

async function instruct(
  world: World,
  who: Who,
  image: ModelImage | undefined,
  instruction: Instruction,
): Promise<void> {
  if (instruction.kind === "create") return create(world, who, instruction);
  if (instruction.kind === "list") {
    const { kind: _, who: __, ...listing } = instruction;
    return list(world, who, listing);
  }
  if (instruction.kind === "odd") return playOdd(world, who, image, instruction.request);
  if (!image || !sees(who, image)) return hidden(world, who, image, instruction);
  await on(world, who, image, instruction);
  await world.witness(image);
}

function on(
  world: World,
  who: Who,
  image: ModelImage,
  instruction: Exclude<Instruction, Of<"create" | "list" | "odd">>,
) {
  switch (instruction.kind) {
    case "show":
      return show(world, who, image);
    case "patch":
      return patch(world, who, image, instruction.changes);
    case "delete":
      return remove(world, who, image);
    case "upload":
      return upload(world, who, image, instruction);
    case "download":
      return download(world, who, image, instruction.range);
    case "deactivate":
    case "reactivate":
      return setActive(world, who, image, instruction.kind);
    case "members":
    case "share":
    case "showMember":
    case "judge":
    case "unshare":
      return members(world, who, image, instruction);
    case "locate":
    case "import":
    case "unstore":
    case "tasks":
      return locations(world, who, image, instruction);
    default:
      return tag(world, who, image, instruction);
  }
}

/** Whatever is asked of an image that is not there, or not for this caller, is a 404. */
async function hidden(
  world: World,
  who: Who,
  image: ModelImage | undefined,
  instruction: Instruction,
): Promise<void> {
  const path = image ? `/v2/images/${image.id}` : ABSENT;
  const requests: Partial<Record<Instruction["kind"], [string, object?]>> = {
    patch: [`PATCH ${path}`, { headers: PATCH, body: "[]" }],
    upload: [`PUT ${path}/file`, { headers: OCTETS, body: "x" }],
    download: [`GET ${path}/file`],
    show: [`GET ${path}`],
    delete: [`DELETE ${path}`],
    deactivate: [`POST ${path}/actions/deactivate`],
    reactivate: [`POST ${path}/actions/reactivate`],
    members: [`GET ${path}/members`],
    share: [`POST ${path}/members`, { body: '{"member":"x"}' }],
    showMember: [`GET ${path}/members/x`],
    unshare: [`DELETE ${path}/members/x`],
    judge: [`PUT ${path}/members/${who.project}`, { body: '{"status":"accepted"}' }],
    tag: [`PUT ${path}/tags/x`],
    untag: [`DELETE ${path}/tags/x`],
    locate: [`PATCH ${path}`, { headers: PATCH, body: ADD_LOCATION }],
    import: [`POST ${path}/locations`, { body: '{"url":"https://images.example.org/x"}' }],
    unstore: [`DELETE /v2/stores/file/${image?.id ?? ABSENT.split("/").at(-1)}`],
    tasks: [`GET ${path}/tasks`],
  };
  const [request, sent] = requests[instruction.kind] ?? [`GET ${path}`];
  await world.must(who, request, 404, sent);
}

async function create(world: World, who: Who, { owner, fields }: Of<"create">): Promise<void> {
  const { formats, ...rest } = fields;
  const owned = owner === "own" ? who.project : owner === "nobody" ? null : world.project(owner);
  const body = JSON.stringify({
    ...{ ...rest, world: world.name },
    ...(formats ? { disk_format: "raw", container_format: "bare" } : {}),
    ...(owner === "own" ? {} : { owner: owned }),
  });
  const visibility = fields.visibility ?? "shared";
  const answer = await world.must(
    who,
    "POST /v2/images",
    makes(who, owned, visibility) ? world.withinQuota(201) : 403,
    {
      body,
    },
  );
  if (answer.status !== 201) return;
  const image: ModelImage = {
    ...{ id: answer.json.id, name: fields.name ?? null, owner: owned, visibility, status: "queued" },
    ...{
      protected: fields.protected ?? false,
      hidden: fields.os_hidden ?? false,
      formats,
      minDisk: 0,
      data: null,
      places: [],
      taskOwners: [],
    },
    ...{ members: new Map(), tags: new Set(fields.tags ?? []), properties: new Map([["world", world.name]]) },
  };
  world.add(image);
  compare(image, answer.json);
  await world.witness(image);
}

async function patch(world: World, who: Who, image: ModelImage, asked: readonly Change[]): Promise<void> {
  const body = JSON.stringify(asked.map((change) => operation(world, change)));
  const after: ModelImage = { ...image, tags: new Set(image.tags), properties: new Map(image.properties) };
  const status = changes(who, image)
    ? (asked.map((change) => apply(world, who, after, change)).find((s) => s !== 200) ?? 200)
    : 403;
  const answer = await world.must(who, `PATCH /v2/images/${image.id}`, status, { headers: PATCH, body });
  if (status !== 200) return;
  Object.assign(image, after);
  compare(image, answer.json);
}

const pointer = (name: string) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;

function operation(world: World, change: Change): object {
  if ("property" in change) {
    const { verb, property } = change;
    return { op: verb, path: pointer(property), ...(verb === "remove" ? {} : { value: change.value }) };
  }
  const value = change.set === "owner" ? world.project(change.value) : change.value;
  return { op: "replace", path: `/${change.set}`, value };
}

function apply(world: World, who: Who, image: ModelImage, change: Change): number {
  if ("property" in change) {
    if (change.verb !== "add" && !image.properties.has(change.property)) return 409;
    if (change.verb === "remove") image.properties.delete(change.property);
    else image.properties.set(change.property, change.value);
    return 200;
  }
  switch (change.set) {
    case "owner":
      if (!isAdmin(who)) return 403;
      image.owner = world.project(change.value);
      return 200;
    case "visibility":
      if (change.value === "public" && !isAdmin(who)) return 403;
      image.visibility = change.value;
      return 200;
    case "name":
      image.name = change.value;
      return 200;
    case "min_disk":
      image.minDisk = change.value;
      return 200;
    case "tags":
      (image as { tags: Set<string> }).tags = new Set(change.value);
      return 200;
    default:
      image[change.set === "os_hidden" ? "hidden" : "protected"] = change.value;
      return 200;
  }
}

async function remove(world: World, who: Who, image: ModelImage): Promise<void> {
  const status = !changes(who, image) || image.protected ? 403 : 204;
  await world.must(who, `DELETE /v2/images/${image.id}`, status);
  if (status === 204) world.drop(image);
}

async function upload(world: World, who: Who, image: ModelImage, asked: Of<"upload">): Promise<void> {
  const body = "x".repeat(asked.bytes);
  const announced = asked.bytes + asked.announced;
  const headers = {
    ...OCTETS,
    ...(asked.announced === 0 ? {} : { "x-openstack-image-size": String(announced) }),
    ...(asked.store === undefined ? {} : { "x-image-meta-store": asked.store }),
  };
  const malformed = asked.announced !== 0 && announced < 0;
  const status = malformed
    ? 400
    : !changes(who, image)
      ? 403
      : image.status !== "queued"
        ? 409
        : !image.formats || asked.announced !== 0
          ? 400
          : 204;
  const answer = await world.must(
    who,
    `PUT /v2/images/${image.id}/file`,
    // A project that has no room for it is told so before anything else is looked at but the request itself.
    malformed ? status : world.withinQuota(status),
    { headers, body, chunked: asked.chunked },
  );
  if (answer.status === 204)
    Object.assign(image, { status: "active", data: body, places: [asked.store ?? "file"] });
}

async function download(
  world: World,
  who: Who,
  image: ModelImage,
  range: readonly [number, number] | undefined,
): Promise<void> {
  const headers = range ? { range: `bytes=${range[0]}-${range[1]}` } : {};
  const { data } = image;
  const forbidden = !downloads(who, image) || (image.status === "deactivated" && !isAdmin(who));
  const unreadable = range !== undefined && data !== null && (range[0] > range[1] || range[0] >= data.length);
  const status = forbidden ? 403 : data === null ? 204 : unreadable ? 416 : range ? 206 : 200;
  const { text } = await world.must(who, `GET /v2/images/${image.id}/file`, status, { headers });
  const expected = range && data !== null ? data.slice(range[0], range[1] + 1) : data;
  if ((status === 200 || status === 206) && text !== expected)
    throw new Broken(`${image.id} has other bytes than were sent`);
}

async function setActive(
  world: World,
  who: Who,
  image: ModelImage,
  action: "deactivate" | "reactivate",
): Promise<void> {
  const allowed = changes(who, image) && (image.status === "active" || image.status === "deactivated");
  await world.must(who, `POST /v2/images/${image.id}/actions/${action}`, allowed ? 204 : 403);
  if (allowed) image.status = action === "deactivate" ? "deactivated" : "active";
}

async function members(
  world: World,
  who: Who,
  image: ModelImage,
  asked: Of<"members" | "share" | "showMember" | "judge" | "unshare">,
): Promise<void> {
  const path = `/v2/images/${image.id}/members`;
  const shared = image.visibility === "shared";
  if (asked.kind === "members") {
    const { json } = await world.must(who, `GET ${path}`, shared ? 200 : 403);
    const told = json.members?.map((each: { member_id: string }) => each.member_id) ?? [];
    if (shared && told.sort().join() !== membersFor(who, image).sort().join())
      throw new Broken(`${who.role} of ${who.project} is told of ${told}`);
    return;
  }
  const project = world.project(asked.project);
  const present = image.members.has(project);
  const writes = changes(who, image) && shared;
  if (asked.kind === "share") {
    const status = !writes ? 403 : present ? 409 : 200;
    await world.must(who, `POST ${path}`, status, { body: JSON.stringify({ member: project }) });
    if (status === 200) image.members.set(project, "pending");
  } else if (asked.kind === "showMember") {
    await world.must(
      who,
      `GET ${path}/${project}`,
      shared && membersFor(who, image).includes(project) ? 200 : 404,
    );
  } else if (asked.kind === "unshare") {
    const status = !writes ? 403 : present ? 204 : 404;
    await world.must(who, `DELETE ${path}/${project}`, status);
    if (status === 204) image.members.delete(project);
  } else {
    const may = isAdmin(who) || (who.role === "member" && who.project === project);
    // Of somebody else's answer that was not asked for, both may be said (spec/members-tags.md section 1.4).
    const statuses = !shared ? 403 : may ? (present ? 200 : 404) : present ? 403 : [403, 404];
    const { status } = await world.must(who, `PUT ${path}/${project}`, statuses, {
      body: JSON.stringify({ status: asked.status }),
    });
    if (status === 200) image.members.set(project, asked.status);
  }
}

async function tag(
  world: World,
  who: Who,
  image: ModelImage,
  { kind, tag: word }: Of<"tag" | "untag">,
): Promise<void> {
  const verb = kind === "tag" ? "PUT" : "DELETE";
  const status = !changes(who, image) ? 403 : kind === "tag" || image.tags.has(word) ? 204 : 404;
  await world.must(who, `${verb} /v2/images/${image.id}/tags/${encodeURIComponent(word)}`, status);
  if (status !== 204) return;
  if (kind === "tag") image.tags.add(word);
  else image.tags.delete(word);
}
