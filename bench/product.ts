import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { projects } from "../client/identity.ts";
import { catalogueFile } from "../launcher/catalogue-file.ts";
import { childrenOf } from "../launcher/processes.ts";
import { Service } from "../test/e2e/support/service.ts";
import { type Catalogue, seedCatalogue } from "./catalogue.ts";
import { canLookInside, cpuSecondsOf } from "./processes.ts";
import { Running } from "./running.ts";

export const PROGRAMS = ["launcher", "worker", "relay"] as const;
export type Program = (typeof PROGRAMS)[number];

/** Through the relay's front door, as clients come; or to the worker's own socket. */
export type Way = "front door" | "direct";

/** Fills the catalogue past the API, while nobody else has it open. */
export async function seedStopped(service: Service, catalogue: Catalogue): Promise<void> {
  await service.stop();
  seedCatalogue(catalogueFile(join(service.dataDir, "worker")) ?? "", catalogue);
  await service.restart();
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

  /** Identity as the administrator, who has its own calls. */
  administrator() {
    return this.service.session("admin", this.service.openrc().OS_PASSWORD ?? "", "admin");
  }

  /** The id of the project that the administrator is in. */
  async projectId(): Promise<string> {
    return (await projects.find(this.administrator(), "admin")).id;
  }

  /** With images of the administrator's project. */
  async seed(images: number): Promise<void> {
    await seedStopped(this.service, { images, owner: await this.projectId() });
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
