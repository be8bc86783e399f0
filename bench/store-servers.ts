/** Ceph (RBD and S3) and OpenStack Swift on loopback, by the scripts in ../shared/services (or SERVICES): for both services. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freePort } from "../launcher/ports.ts";
import { Running } from "./running.ts";

const SERVICES = process.env.SERVICES ?? fileURLToPath(new URL("../../shared/services", import.meta.url));
const run = promisify(execFile);

/** What the scripts' env files say. */
export type Environment = Readonly<Record<string, string>>;

async function environmentOf(path: string): Promise<Environment> {
  const lines = readFileSync(path, "utf8").matchAll(/^(?:export )?(\w+)=(.*)$/gm);
  return Object.fromEntries(
    [...lines].map(([, name = "", value = ""]) => [name, value.replace(/^(["'])(.*)\1$/, "$2")]),
  );
}

/** Stores that both image services are to have. */
export interface Stores {
  /** Sections of glimpse.toml. */
  readonly ours: readonly Record<string, unknown>[];
  /** What no file has, for the environment of ours. */
  readonly secrets: Record<string, string>;
  /** The environment of the script that starts Glance. */
  readonly theirs: Record<string, string>;
}

/** Both, with what each image service is told of them. */
export class Servers extends Running {
  #stores: Stores | undefined;
  #ceph: Environment = {};
  readonly #dir: string;
  readonly #env: Record<string, string | undefined>;

  private constructor(dir: string, ports: readonly number[]) {
    super();
    const [monV2, monV1, rgw, swift, swiftBase] = ports.map(String);
    this.#dir = dir;
    this.#env = {
      ...process.env,
      CEPH_TEST_DIR: join(dir, "ceph"),
      CEPH_TEST_MON_V2_PORT: monV2,
      CEPH_TEST_MON_V1_PORT: monV1,
      CEPH_TEST_RGW_PORT: rgw,
      SWIFT_TEST_DIR: join(dir, "swift"),
      SWIFT_TEST_PORT: swift,
      SWIFT_TEST_BASE_PORT: swiftBase,
    };
  }

  /** Resolves when both answer. */
  static async start(parent: string): Promise<Servers> {
    const ports: number[] = [];
    for (let n = 0; n < 5; n++) ports.push(await freePort());
    const servers = new Servers(mkdtempSync(join(parent, "glimpse-bench-stores-")), ports);
    return servers.started(servers.#start());
  }

  async #start(): Promise<void> {
    const up = async (script: string) =>
      environmentOf((await run(join(SERVICES, script), [], { env: this.#env })).stdout.trim());
    this.#ceph = await up("ceph-up");
    const swift = await up("swift-up");
    const fsid = await run("ceph", ["-c", this.#ceph.CEPH_CONF ?? "", "fsid"]);
    this.#stores = storesOf(this.#ceph, swift, fsid.stdout.trim());
  }

  get stores(): Stores {
    if (!this.#stores) throw new Error("the servers have not been started");
    return this.#stores;
  }

  /** What Ceph's env file says. */
  get ceph(): Environment {
    return this.#ceph;
  }

  protected override async end(): Promise<void> {
    for (const script of ["ceph-down", "swift-down"])
      await run(join(SERVICES, script), [], { env: this.#env });
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

/** Each service has what its own defaults are, in the same pool, bucket and container. */
function storesOf(ceph: Environment, swift: Environment, fsid: string): Stores {
  return {
    ours: [
      { id: "ceph", type: "rbd", fsid, pool: ceph.RBD_POOL, conf: ceph.CEPH_CONF, user: ceph.CEPH_CLIENT },
      {
        ...{ id: "s3", type: "s3", endpoint: ceph.S3_ENDPOINT, region: ceph.S3_REGION },
        ...{ bucket: ceph.S3_BUCKET, access_key_id: ceph.S3_ACCESS_KEY_ID },
      },
      {
        ...{ id: "swift", type: "swift", auth_version: 1, auth_url: swift.SWIFT_AUTH_URL },
        ...{ user: swift.SWIFT_USER, container: swift.SWIFT_CONTAINER },
      },
    ],
    secrets: {
      GLIMPSE_STORE_SECRET_S3: ceph.S3_SECRET_ACCESS_KEY ?? "",
      GLIMPSE_STORE_SECRET_SWIFT: swift.SWIFT_KEY ?? "",
    },
    theirs: { ...ceph, ...swift, GLANCE_STORES: "fast:file,ceph:rbd,s3:s3,swift:swift" },
  };
}
