import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { RelayStore } from "../../src/stores/relay.ts";
import { TEST_KEY } from "./relay.node.ts";

const MAIN = fileURLToPath(new URL("../../relay/main.ts", import.meta.url));

/** A relay as a process of its own, as an operator runs it, on a directory that outlives it. */
export class RelayProgram {
  readonly dir: string;
  readonly config: string;
  #child: ChildProcess | undefined;
  url = "";

  private constructor(folder: string) {
    this.dir = join(folder, "images");
    this.config = join(folder, "relay.toml");
  }

  /** `other`: the relay whose directory it shares. */
  static async create(other?: RelayProgram): Promise<RelayProgram> {
    const folder = other ? dirname(other.dir) : await mkdtemp(join(tmpdir(), "glimpse-relay-program-"));
    const program = new RelayProgram(folder);
    const settings = `
log_level = "silent"
listen.port = 0
keys = [{ id = "${TEST_KEY.id}", secret = "${TEST_KEY.secret}" }]
stores = [{ id = "file", type = "file", path = "${program.dir}" }]
`;
    await writeFile(program.config, settings, { mode: 0o600 });
    return program;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** `limits` are shell commands, `ulimit`s, that hold for the relay alone. */
  async start(env: Record<string, string> = {}, limits = ":"): Promise<RelayStore> {
    const command = `${limits}; exec "$0" "$@"`;
    const child = spawn("/bin/bash", ["-c", command, process.execPath, MAIN, "--config", this.config], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      env: { ...process.env, ...env },
    });
    this.#child = child;
    const [message] = await once(child, "message");
    this.url = `http://127.0.0.1:${(message as { port: number }).port}`;
    return new RelayStore({ id: "file", url: this.url, key: TEST_KEY, prefixes: [`file://${this.dir}/`] });
  }

  /** Resolves with the exit code, or the signal that ended it. */
  async end(signal: NodeJS.Signals): Promise<number | string> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? "";
    const exited = once(child, "exit");
    child.kill(signal);
    const [code, by] = await exited;
    return code ?? by;
  }

  async remove(): Promise<void> {
    await this.end("SIGKILL");
    await rm(dirname(this.dir), { recursive: true, force: true });
  }
}

/** The other end of GLIMPSE_CHECKPOINT_URL: whoever reaches `point` waits there; other points are passed. */
export async function holdAt(point: string) {
  const reached = Promise.withResolvers<void>();
  const waiting: ServerResponse[] = [];
  const server = createServer((request, response) => {
    if (!request.url?.startsWith(`/${point}?`)) return response.end();
    waiting.push(response);
    reached.resolve();
    return response;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reached: reached.promise,
    letGo: () => waiting.splice(0).forEach((response) => void response.end()),
    close: () => server.close().closeAllConnections(),
  };
}
