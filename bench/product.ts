import { globSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Miniflare } from "miniflare";
import { childrenOf } from "../launcher/processes.ts";
import { readSettings } from "../launcher/settings.ts";
import { databaseOptions } from "../launcher/worker-options.ts";
import { Service } from "../test/e2e/support/service.ts";
import { type CatalogueOptions, seedCatalogue } from "./catalogue.ts";
import { seedLists } from "./list-catalogue.ts";
import { canLookInside, cpuSecondsOf } from "./processes.ts";
import { Running } from "./running.ts";

export const PROGRAMS = ["launcher", "worker", "relay"] as const;
export type Program = (typeof PROGRAMS)[number];

/** Through the relay's front door, as clients come; or to the worker's own socket. */
export type Way = "front door" | "direct";

/** The database's file, once the product has run. */
export function catalogueFileOf(dataDir: string): string {
  const [file = ""] = globSync(join(dataDir, "worker/d1/*/????????????????*.sqlite"));
  return file;
}

/** The product as `npm start` runs it, on a data directory of its own that goes when it ends. */
export class Product extends Running {
  readonly service: Service;
  readonly #dataDir: string;

  private constructor(service: Service, dataDir: string) {
    super();
    this.service = service;
    this.#dataDir = dataDir;
  }

  /** With sections of glimpse.toml over the defaults. */
  static async start(dir: string, settings: Record<string, unknown> = {}): Promise<Product> {
    const dataDir = mkdtempSync(join(dir, "glimpse-bench-"));
    return new Product(await Service.start({ dataDir, logLevel: "info", settings }), dataDir);
  }

  protected override async end(): Promise<void> {
    await this.service[Symbol.asyncDispose]();
    rmSync(this.#dataDir, { recursive: true, force: true });
  }

  urlOf(way: Way): string {
    return way === "direct" ? this.service.direct : this.service.url;
  }

  /** What every request carries. */
  async headers(): Promise<Record<string, string>> {
    return { "x-auth-token": await this.service.token() };
  }

  /** Fills the catalogue past the API, while nobody else has it open. */
  async seed(options: Omit<CatalogueOptions, "owner">): Promise<void> {
    await this.#whileStopped(async (owner) => {
      const database = new Miniflare(databaseOptions(readSettings({ dataDir: this.#dataDir })));
      try {
        await seedCatalogue(await database.getD1Database("DB"), { ...options, owner });
      } finally {
        await database.dispose();
      }
    });
  }

  /** The same with images for every kind of list. */
  async seedLists(images: number): Promise<void> {
    await this.#whileStopped((owner) => {
      seedLists(catalogueFileOf(this.#dataDir), { images, owner });
    });
  }

  /** Tells the project that asks. */
  async #whileStopped(work: (projectId: string) => Promise<void> | void): Promise<void> {
    const answer = await this.service.fetch("/identity/v3/auth/projects");
    const { projects } = (await answer.json()) as { projects: { id: string }[] };
    await this.service.stop();
    await work(projects[0]?.id ?? "");
    await this.service.restart();
  }

  pids(): Record<Program, number> {
    const { service } = this;
    return { launcher: service.pid("launcher"), worker: service.pid("worker"), relay: service.pid("relay") };
  }

  /** Processor seconds of the worker, the relay and this client so far; `undefined` where they cannot be told. */
  cpuSeconds(): CpuSeconds | undefined {
    if (!canLookInside) return undefined;
    const { worker, relay } = this.pids();
    return {
      worker: cpuSecondsOf(worker),
      // With the child that speaks with Ceph.
      relay: [relay, ...childrenOf(relay).map(({ pid }) => pid)].map(cpuSecondsOf).reduce((a, b) => a + b),
      client: cpuSecondsOf(process.pid),
    };
  }
}

export interface CpuSeconds {
  readonly worker: number;
  readonly relay: number;
  readonly client: number;
}
