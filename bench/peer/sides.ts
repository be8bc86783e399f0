/** The two that are compared, each as its users meet it: the same tokens, the same images, and what serves them. */
import { join } from "node:path";
import type { Access } from "../ask.ts";
import { Product } from "../product.ts";
import type { Stores } from "../store-servers.ts";
import { Cloud } from "./cloud.ts";
import type { Pair } from "./comparison.ts";
import { seedGlance } from "./glance-catalogue.ts";

/** An image service as a member of a project asks it, and how a bench looks at it from outside. */
export interface Side extends Access {
  /** Of every process that serves; by what it is. */
  pids(): Readonly<Record<string, readonly number[]>>;
  /** Fills its catalogue past the API, with images that are the same on both sides. */
  seed(images: number): Promise<void>;
  stop(): Promise<void>;
  /** Resolves when it answers. */
  start(): Promise<void>;
  /** Where the `file` store has the bytes of an image. */
  fileOf(imageId: string): string;
}

/** Both services, with one Keystone; they end with the block. */
export interface Both extends Pair<Side>, AsyncDisposable {
  /** Starts one more of ours, with a catalogue of its own, which ends with these. */
  another(): Promise<Side>;
}

const NO_MORE: Stores = { ours: [], secrets: {}, theirs: {} };

const OWN_STORE = { id: "fast", type: "file", path: "images" };

/** Starts them, in folders of their own. */
export async function startBoth(dir: string, stores: Stores = NO_MORE): Promise<Both> {
  await using starting = new AsyncDisposableStack();
  const cloud = starting.use(await Cloud.start(dir, stores.theirs));
  const { token, projectId } = await cloud.login();
  const headers = { "x-auth-token": token };
  Object.assign(process.env, stores.secrets);
  const settings = { identity: cloud.identity, stores: [OWN_STORE, ...stores.ours] };
  // Neither writes a line for each request: Glance's scripts turn that off.
  const startOurs = async (ends: AsyncDisposableStack) => {
    const product = ends.use(await Product.start(dir, { settings, logLevel: "warn" }));
    return { headers, ...ourSide(product, projectId) };
  };
  const ours = await startOurs(starting);
  const theirs = { headers, ...theirSide(cloud, projectId) };
  const started = starting.move();
  return {
    ...{ ours, theirs, another: () => startOurs(started) },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

function ourSide(product: Product, owner: string): Omit<Side, "headers"> {
  const { service } = product;
  return {
    url: service.url,
    pids: () => product.pids(),
    stop: async () => void (await service.stop()),
    start: () => service.restart(),
    fileOf: (imageId) => join(service.dataDir, "images", imageId),
    seed: (images) => product.seed(images, owner),
  };
}

function theirSide(cloud: Cloud, owner: string): Omit<Side, "headers"> {
  return {
    url: cloud.glanceUrl,
    pids: () => ({ ...cloud.pids() }),
    stop: () => cloud.stopGlance(),
    start: () => cloud.startGlance(),
    fileOf: (imageId) => cloud.fileOf("fast", imageId),
    seed: (images) => seedGlance(cloud, { images, owner }),
  };
}
