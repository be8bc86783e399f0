import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "smol-toml";
import { ClientError, NoIdentityService } from "../../../client/errors.ts";
import { grantRole, projects, roles, users } from "../../../client/identity.ts";
import { Session } from "../../../client/session.ts";
import { freePort } from "../../../launcher/ports.ts";
import { childrenOf, identify, type ProcessId } from "../../../launcher/processes.ts";
import { clientAt } from "./asked.ts";
import { heldFetch, heldTransport } from "./held.ts";

/** Characters of what the product prints; under load it prints much. */
const KEPT_OUTPUT = 1024 * 1024;

const TOP = fileURLToPath(new URL("../../../", import.meta.url));
/** What `npm start` runs. It is exec'ed: the process that is started is the launcher's. */
const START = (JSON.parse(readFileSync(join(TOP, "package.json"), "utf8")) as { scripts: { start: string } })
  .scripts.start;

export const LAUNCHER = fileURLToPath(new URL("../../../launcher/main.ts", import.meta.url));

export interface ServiceOptions {
  readonly checkpointUrl?: string;
  /** Sections of glimpse.toml over the defaults. */
  readonly settings?: Record<string, unknown>;
  readonly dataDir?: string;
  readonly logLevel?: string;
}

/** The product as `npm start` runs it, on a free port and a directory of its own. */
export class Service {
  readonly dataDir: string;
  readonly url: string;
  /** The worker's own socket, past the relay's front door. */
  readonly direct: string;
  readonly #port: number;
  readonly #workerPort: number;
  readonly #options: ServiceOptions;
  #launcher: ChildProcess | undefined;
  #output = "";
  #token = "";

  private constructor(port: number, workerPort: number, options: ServiceOptions) {
    this.#port = port;
    this.#workerPort = workerPort;
    this.#options = options;
    this.url = `http://127.0.0.1:${port}`;
    this.direct = `http://127.0.0.1:${workerPort}`;
    this.dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "glimpse-e2e-"));
  }

  static async start(options: ServiceOptions = {}): Promise<Service> {
    const service = new Service(await freePort(), await freePort(), options);
    await service.restart();
    return service;
  }

  /** The latest that was printed since the last start. */
  get output(): string {
    return this.#output;
  }

  /** Starts it, with more arguments than it needs where a test is about them. */
  async restart(...more: string[]): Promise<void> {
    const config = join(this.dataDir, "glimpse.toml");
    writeFileSync(config, stringify({ worker: { port: this.#workerPort }, ...this.#options.settings }));
    const args = ["--config", config, "--port", String(this.#port), "--data-dir", this.dataDir];
    const checkpoint = this.#options.checkpointUrl;
    this.#output = "";
    this.#token = "";
    const launcher = spawn(
      "sh",
      ["-c", `${START} "$@"`, "sh", ...args, "--log-level", this.#options.logLevel ?? "warn", ...more],
      {
        cwd: TOP,
        stdio: ["ignore", "pipe", "pipe"],
        env: {
          ...process.env,
          PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
          ...(checkpoint ? { GLIMPSE_CHECKPOINT_URL: checkpoint } : {}),
        },
      },
    );
    this.#launcher = launcher;
    const ready = new Promise<void>((resolve, reject) => {
      let listens = false;
      const hear = (chunk: Buffer) => {
        this.#output += chunk;
        if (this.#output.length > 2 * KEPT_OUTPUT) this.#output = this.#output.slice(-KEPT_OUTPUT);
        listens ||= this.#output.includes("Glimpse listens on");
        if (listens) resolve();
      };
      launcher.stdout.on("data", hear);
      launcher.stderr.on("data", hear);
      launcher.once("exit", (code) => reject(new Error(`the launcher ended with ${code}:\n${this.#output}`)));
    });
    await ready;
  }

  /** Ctrl-C, and the wait for a clean end. Returns the exit code. */
  async stop(): Promise<number | null> {
    const launcher = this.#launcher;
    if (!launcher || launcher.exitCode !== null || launcher.signalCode !== null)
      return launcher?.exitCode ?? null;
    launcher.kill("SIGINT");
    await once(launcher, "exit");
    return launcher.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    // What a killed launcher left behind ends with the test, as it would with the next start.
    const recorded = JSON.parse(readFileSync(join(this.dataDir, "run.json"), "utf8")) as ProcessId[];
    for (const { pid, startedAt } of recorded)
      if (identify(pid)?.startedAt === startedAt) process.kill(pid, "SIGKILL");
    if (!this.#options.dataDir) rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** The pid of one of its processes. */
  pid(which: "launcher" | "relay" | "worker"): number {
    const launcher = this.#launcher?.pid ?? 0;
    if (which === "launcher") return launcher;
    const named = which === "relay" ? /relay\/main\.ts/ : /workerd/;
    const child = childrenOf(launcher).find(({ pid }) =>
      named.test(readFileSync(`/proc/${pid}/cmdline`, "utf8")),
    );
    if (!child) throw new Error(`the ${which} does not run`);
    return child.pid;
  }

  /** `kill -9`. Of the launcher it waits for the end: a kill is answered before it has happened. */
  async kill(which: "launcher" | "relay" | "worker"): Promise<void> {
    const launcher = this.#launcher;
    const ended = launcher && which === "launcher" ? once(launcher, "exit") : undefined;
    process.kill(this.pid(which), "SIGKILL");
    await ended;
  }

  /** A token of the administrator, asked for once. */
  async token(): Promise<string> {
    this.#token ||= await this.login("admin", this.openrc().OS_PASSWORD ?? "");
    return this.#token;
  }

  /** What the openrc file sets. */
  openrc(): Record<string, string> {
    const lines = readFileSync(join(this.dataDir, "openrc"), "utf8").matchAll(/^export (\w+)='(.*)'$/gm);
    return Object.fromEntries([...lines].map(([, name, value]) => [name, value]));
  }

  /** A new token on a project, empty when the login is refused. */
  async login(name: string, password: string, project = "admin"): Promise<string> {
    const token = await this.session(name, password, project).token().catch(unlessRefused);
    return token?.value ?? "";
  }

  /** A token of the administrator as no more than a member of a project of this name, which is made. */
  async memberOf(project: string): Promise<string> {
    const { OS_PASSWORD = "" } = this.openrc();
    const session = this.session("admin", OS_PASSWORD, "admin");
    const { id: projectId } = await projects.create(session, { name: project });
    const { id: userId } = await users.find(session, "admin");
    const { id: roleId } = await roles.find(session, "member");
    await grantRole(session, { userId, projectId, roleId });
    return this.login("admin", OS_PASSWORD, project);
  }

  /** The API by the client that programs use: as the administrator, or as whoever has the token. */
  async client(token?: string, url = this.url): Promise<Session> {
    return clientAt(url, { token: token ?? (await this.token()) });
  }

  /** A request as it stands, its answer held against the document too; test/e2e has the client for what that says. */
  async fetch(path: string, init: RequestInit = {}, url = this.url): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has("x-auth-token")) headers.set("x-auth-token", await this.token());
    return heldFetch(url + path, { ...init, headers });
  }

  session(name: string, password: string, project: string): Session {
    const domain = { name: "Default" };
    return new Session({
      transport: heldTransport,
      credentials: {
        ...{ type: "password", authUrl: `${this.url}/identity/v3`, password },
        user: { name, domain },
        scope: { project: { name: project, domain } },
      },
    });
  }
}

function unlessRefused(error: unknown): undefined {
  const isRefusal = error instanceof ClientError && error.status !== undefined;
  // Where nobody signs in there is no identity service.
  if (!isRefusal && !(error instanceof NoIdentityService)) throw error;
}
