/** The two that are compared, each as its users meet it: the same tokens, the same images, and what serves them. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { childrenOf } from "../../launcher/processes.ts";
import { Service } from "../../test/e2e/support/service.ts";
import { seedStopped } from "../product.ts";
import { Running } from "../running.ts";
import { Cloud, SERVICE_PASSWORD } from "./cloud.ts";
import { seedGlance } from "./glance-catalogue.ts";

/** An image service, and how a bench looks at it from outside. */
export interface Side {
  readonly url: string;
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

export interface Stores {
  /** Sections of glimpse.toml. */
  readonly ours: readonly Record<string, unknown>[];
  /** What no file has, for the environment of ours. */
  readonly secrets: Record<string, string>;
  /** The environment of the script that starts Glance. */
  readonly theirs: Record<string, string>;
}

const NO_MORE: Stores = { ours: [], secrets: {}, theirs: {} };

const OWN_STORE = { id: "fast", type: "file", path: "images" };

export class Both extends Running {
  readonly ours: Side;
  readonly theirs: Side;
  /** The member of a project whom both know. */
  readonly headers: Readonly<Record<string, string>>;
  /** One more of ours, with a catalogue of its own. */
  readonly another: () => Promise<OurSide>;
  readonly #end: () => Promise<void>;

  private constructor(
    ours: Side,
    theirs: Side,
    more: { token: string; another: () => Promise<OurSide>; end: () => Promise<void> },
  ) {
    super();
    this.ours = ours;
    this.theirs = theirs;
    this.headers = { "x-auth-token": more.token };
    this.another = more.another;
    this.#end = more.end;
  }

  static async start(dir: string, stores: Stores = NO_MORE): Promise<Both> {
    const cloud = await Cloud.start(dir, stores.theirs);
    const { token, projectId } = await cloud.login();
    const ours = await startOurs(cloud, { dir, stores, projectId });
    const end = async () => {
      await ours[Symbol.asyncDispose]();
      await cloud[Symbol.asyncDispose]();
    };
    const another = () => startOurs(cloud, { dir, stores, projectId });
    return new Both(ours, theirSide(cloud, projectId), { token, another, end });
  }

  protected override async end(): Promise<void> {
    await this.#end();
  }
}

const identityOf = (cloud: Cloud) => ({
  mode: "keystone",
  auth_url: cloud.keystoneUrl,
  username: "glance",
  project_name: "service",
  secret_file: "keystone.secret",
});

type OurSide = Side & AsyncDisposable;

async function startOurs(
  cloud: Cloud,
  { dir, stores, projectId }: { dir: string; stores: Stores; projectId: string },
): Promise<OurSide> {
  const dataDir = mkdtempSync(join(dir, "glimpse-bench-"));
  writeFileSync(join(dataDir, "keystone.secret"), SERVICE_PASSWORD, { mode: 0o600 });
  Object.assign(process.env, stores.secrets);
  const service = await Service.start({
    dataDir,
    logLevel: "warn",
    settings: { identity: identityOf(cloud), stores: [OWN_STORE, ...stores.ours] },
  });
  return {
    ...ourSide(service, projectId),
    [Symbol.asyncDispose]: async () => {
      await service[Symbol.asyncDispose]();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function ourSide(service: Service, owner: string): Side {
  const pids = () => {
    const [worker, relay] = [service.pid("worker"), service.pid("relay")];
    const children = childrenOf(relay).map(({ pid }) => pid);
    return { launcher: [service.pid("launcher")], workerd: [worker], relay: [relay, ...children] };
  };
  return {
    url: service.url,
    pids,
    stop: async () => void (await service.stop()),
    start: () => service.restart(),
    fileOf: (imageId) => join(service.dataDir, "images", imageId),
    seed: (images) => seedStopped(service, { images, owner }),
  };
}

function theirSide(cloud: Cloud, owner: string): Side {
  return {
    url: cloud.glanceUrl,
    pids: () => ({ ...cloud.pids() }),
    stop: () => cloud.stopGlance(),
    start: () => cloud.startGlance(),
    fileOf: (imageId) => cloud.fileOf("fast", imageId),
    seed: (images) => seedGlance(cloud, { images, owner }),
  };
}

/** Takes a file's bytes out of the page cache, so that the disk is read. */
export function forget(path: string): void {
  execFileSync("dd", [`of=${path}`, "oflag=nocache", "conv=notrunc,fdatasync", "count=0"], {
    stdio: "ignore",
  });
}
