/**
 * A real Keystone and a real Glance on loopback, by the scripts in ../shared/peers (or PEERS), which install what they need:
 * the same users and tokens for both image services, and the peer that ours is measured against.
 */
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freePort } from "../../launcher/ports.ts";
import { childrenOf } from "../../launcher/processes.ts";
import { Running } from "../running.ts";

const PEERS = process.env.PEERS ?? fileURLToPath(new URL("../../../shared/peers", import.meta.url));
const run = promisify(execFile);

const SERVICE_PASSWORD = "test-glance";
const SECRET_FILE = "keystone.secret";
const MEMBER_PASSWORD = "test-demo";
const DATABASE_PASSWORD = "test-db";

/** The processes that serve: Glance's own, and what it keeps its data in. */
export interface PeerPids {
  readonly glance: readonly number[];
  readonly mariadb: readonly number[];
  readonly memcached: readonly number[];
}

/** Keystone and Glance, with what they keep their data in. */
export class Cloud extends Running {
  readonly glanceUrl: string;
  readonly keystoneUrl: string;
  readonly #state: string;
  readonly #env: Record<string, string | undefined>;
  readonly #databasePort: number;

  private constructor(state: string, ports: readonly number[], more: Record<string, string>) {
    super();
    const [glance = 0, keystone = 0, database = 0, memcached = 0] = ports;
    this.glanceUrl = `http://127.0.0.1:${glance}`;
    this.keystoneUrl = `http://127.0.0.1:${keystone}`;
    this.#state = state;
    this.#databasePort = database;
    this.#env = {
      ...process.env,
      ...more,
      PEERS_STATE: state,
      GLANCE_PORT: String(glance),
      KEYSTONE_PORT: String(keystone),
      DB_PORT: String(database),
      MEMCACHED_PORT: String(memcached),
      IMAGE_URL: this.glanceUrl,
      SERVICE_PASS: SERVICE_PASSWORD,
      DEMO_PASS: MEMBER_PASSWORD,
      DB_PASS: DATABASE_PASSWORD,
    };
  }

  /** With what the services of its stores are reached by, and `GLANCE_STORES`, in the environment. */
  static async start(dir: string, environment: Record<string, string> = {}): Promise<Cloud> {
    const state = mkdtempSync(join(dir, "glimpse-bench-peers-"));
    // The database runs as a user of its own.
    chmodSync(state, 0o711);
    mkdirSync(join(state, "run"));
    writeFileSync(join(state, SECRET_FILE), SERVICE_PASSWORD, { mode: 0o600 });
    const ports = [await freePort(), await freePort(), await freePort(), await freePort()];
    const cloud = new Cloud(state, ports, environment);
    return cloud.started(cloud.startGlance());
  }

  protected override async end(): Promise<void> {
    await run(join(PEERS, "down"), ["--wipe"], { env: this.#env });
    rmSync(this.#state, { recursive: true, force: true });
  }

  /** Resolves when Glance answers. */
  async startGlance(): Promise<void> {
    await run(join(PEERS, "glance-up"), [], { env: this.#env });
  }

  async stopGlance(): Promise<void> {
    await run(join(PEERS, "glance-up"), ["stop"], { env: this.#env });
  }

  /** The section of glimpse.toml of a product that asks this Keystone. */
  get identity(): Record<string, string> {
    return {
      mode: "keystone",
      auth_url: this.keystoneUrl,
      username: "glance",
      project_name: "service",
      secret_file: join(this.#state, SECRET_FILE),
    };
  }

  /** Each with its children. */
  pids(): PeerPids {
    const family = (name: string) => {
      const parent = Number(readFileSync(join(this.#state, "run", `${name}.pid`), "utf8"));
      return [parent, ...childrenOf(parent).map(({ pid }) => pid)];
    };
    return { glance: family("glance"), mariadb: family("mariadb"), memcached: family("memcached") };
  }

  /** Where a directory store has an image's bytes. */
  fileOf(store: string, imageId: string): string {
    return join(this.#state, "glance-stores", store, imageId);
  }

  /** Says it to Glance's database. */
  async query(sql: string): Promise<void> {
    const args = ["--protocol=tcp", "-h", "127.0.0.1", "-P", String(this.#databasePort), "-u", "glance"];
    await run("mariadb", [...args, `-p${DATABASE_PASSWORD}`, "glance", "-e", sql]);
  }

  /** A new token of the project demo's member, and the project's id. */
  async login(): Promise<{ token: string; projectId: string }> {
    const domain = { id: "default" };
    const user = { name: "demo", domain, password: MEMBER_PASSWORD };
    const answer = await fetch(`${this.keystoneUrl}/v3/auth/tokens`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        auth: {
          identity: { methods: ["password"], password: { user } },
          scope: { project: { name: "demo", domain } },
        },
      }),
    });
    const token = answer.headers.get("x-subject-token");
    if (answer.status !== 201 || token === null) throw new Error(`Keystone answered ${answer.status}`);
    const body = (await answer.json()) as { token: { project: { id: string } } };
    return { token, projectId: body.token.project.id };
  }
}
