import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { projects } from "../client/identity.ts";
import { catalogueFile } from "../launcher/catalogue-file.ts";
import { childrenOf } from "../launcher/processes.ts";
import { Service } from "../test/e2e/support/service.ts";
import type { Access } from "./ask.ts";
import { type Catalogue, seedCatalogue } from "./catalogue.ts";
import { canLookInside, cpuSecondsOf } from "./processes.ts";
import { Running } from "./running.ts";

/** What `npm start` runs. */
export const PROGRAMS = ["launcher", "worker", "relay"] as const;
export type Program = (typeof PROGRAMS)[number];

/** Through the relay's front door, as clients come; or to the worker's own socket. */
export type Way = "front door" | "direct";

/** Processor seconds. */
export interface CpuSeconds {
  readonly worker: number;
  readonly relay: number;
  readonly client: number;
}

/** The store that it has by itself. */
export const FILE_STORE = { id: "file", type: "file", path: "images" };

interface ProductOptions {
  /** Sections of glimpse.toml over the defaults. */
  readonly settings?: Record<string, unknown>;
  readonly logLevel?: string;
}

/** The product as `npm start` runs it, on a data directory of its own that goes when it ends. */
export class Product extends Running {
  readonly service: Service;

  private constructor(service: Service) {
    super();
    this.service = service;
  }

  static async start(
    dir: string,
    { settings = {}, logLevel = "info" }: ProductOptions = {},
  ): Promise<Product> {
    const dataDir = mkdtempSync(join(dir, "glimpse-bench-"));
    return new Product(await Service.start({ dataDir, logLevel, settings }));
  }

  protected override async end(): Promise<void> {
    await this.service[Symbol.asyncDispose]();
    rmSync(this.service.dataDir, { recursive: true, force: true });
  }

  /** The API as the administrator. */
  async access(way: Way = "front door"): Promise<Access> {
    const { service } = this;
    return {
      url: way === "direct" ? service.direct : service.url,
      headers: { "x-auth-token": await service.token() },
    };
  }

  /** Identity as the administrator, who has its own calls. */
  administrator() {
    return this.service.session("admin", this.service.openrc().OS_PASSWORD ?? "", "admin");
  }

  /** The id of the project that the administrator is in. */
  async projectId(): Promise<string> {
    return (await projects.find(this.administrator(), "admin")).id;
  }

  /**
   * Fills the catalogue past the API, while nobody else has it open: with images of the administrator's project, unless
   * another is named.
   */
  async seed(images: number, owner?: string): Promise<void> {
    const catalogue: Catalogue = { images, owner: owner ?? (await this.projectId()) };
    await this.service.stop();
    seedCatalogue(catalogueFile(join(this.service.dataDir, "worker")) ?? "", catalogue);
    await this.service.restart();
  }

  /** Of each program all processes: the relay may have a child that speaks with Ceph. */
  pids(): Record<Program, readonly number[]> {
    const relay = this.service.pid("relay");
    return {
      launcher: [this.service.pid("launcher")],
      worker: [this.service.pid("worker")],
      relay: [relay, ...childrenOf(relay).map(({ pid }) => pid)],
    };
  }

  /** Used by the worker, the relay and this client so far; `undefined` where it cannot be told. */
  cpuSeconds(): CpuSeconds | undefined {
    if (!canLookInside) return undefined;
    const { worker, relay } = this.pids();
    return { worker: cpuSecondsOf(worker), relay: cpuSecondsOf(relay), client: cpuSecondsOf([process.pid]) };
  }
}
