import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "pino";
import { type Relay, startRelay } from "../../relay/relay.ts";
import type { RelaySettings } from "../../relay/settings.ts";
import { RelayStore, type RelayStoreOptions } from "../../src/stores/relay.ts";

export const TEST_KEY = { id: "test", secret: "a secret that only tests use, 0123456789" };

/** A relay in this process with a file store and a memory store, and the edge's view of both. */
export interface TestRelay {
  readonly relay: Relay;
  readonly dir: string;
  fileStore(opts?: Partial<RelayStoreOptions>): RelayStore;
  memoryStore(): RelayStore;
  stop(): Promise<void>;
}

/** `log` is told what the relay logs; without it, nobody is. */
export async function startTestRelay(
  settings: Partial<RelaySettings> = {},
  log?: Logger,
): Promise<TestRelay> {
  const dir = await mkdtemp(join(tmpdir(), "glimpse-relay-"));
  const whole: RelaySettings = {
    listen: { host: "127.0.0.1", port: 0 },
    logLevel: "silent",
    keys: [TEST_KEY],
    stores: [
      { id: "file", type: "file", path: dir },
      { id: "memory", type: "memory" },
    ],
    clockSeconds: 60,
    idleSeconds: 30,
    shutdownSeconds: 5,
    ...settings,
  };
  const relay = await startRelay(whole, log);
  const base = { url: relay.url, key: TEST_KEY };
  return {
    relay,
    dir,
    fileStore: (opts) => new RelayStore({ ...base, id: "file", prefixes: [`file://${dir}/`], ...opts }),
    memoryStore: () => new RelayStore({ ...base, id: "memory", prefixes: ["memory://memory/"] }),
    async stop() {
      await relay.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
