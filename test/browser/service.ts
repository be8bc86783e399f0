import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../../launcher/ports.ts";

const MAIN = fileURLToPath(new URL("../../launcher/main.ts", import.meta.url));
const START_SECONDS = 60;

/** The product as `npm start` runs it, in a folder of its own. */
export interface Service {
  /** The front door. */
  readonly url: string;
  /** The worker without a relay before it, as clients of Cloudflare's reach it. */
  readonly workerUrl: string;
  readonly adminPassword: string;
  stop(): Promise<void>;
}

/** Starts it with pages of these origins allowed. */
export async function startService(folder: string, origins: readonly string[]): Promise<Service> {
  const [port, worker] = [await freePort(), await freePort()];
  const config = join(folder, "glimpse.toml");
  await writeFile(
    config,
    `[worker]\nport = ${worker}\n[cors]\nallowed_origins = ${JSON.stringify(origins)}\n`,
  );
  const data = join(folder, "data");
  const child = spawn(
    process.execPath,
    [MAIN, "--config", config, "--port", String(port), "--data-dir", data, "--log-level", "warn"],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  await listening(child);
  const { adminPassword } = JSON.parse(await readFile(join(data, "secrets.json"), "utf8"));
  return {
    url: `http://127.0.0.1:${port}`,
    workerUrl: `http://127.0.0.1:${worker}`,
    adminPassword,
    async stop() {
      if (child.exitCode !== null) return;
      const exit = once(child, "exit");
      child.kill("SIGTERM");
      await exit;
    },
  };
}

async function listening(child: ChildProcess): Promise<void> {
  const settled = new AbortController();
  const said = (async () => {
    for await (const chunk of child.stdout ?? []) if (String(chunk).includes("Glimpse listens")) return;
    throw new Error("The service ended before it listened.");
  })();
  const late = wait(START_SECONDS * 1000, undefined, settled).then(() => {
    child.kill("SIGKILL");
    throw new Error(`The service did not listen within ${START_SECONDS} seconds.`);
  });
  try {
    await Promise.race([said, late]);
  } finally {
    settled.abort();
  }
  // What it says later has to go somewhere.
  child.stdout?.resume();
}
