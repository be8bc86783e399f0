import { childrenOf } from "../../launcher/processes.ts";
import { Folder } from "../folder.ts";
import { Forked } from "../forked.ts";
import { Running } from "../running.ts";

const PROGRAM = new URL("bare-workerd.ts", import.meta.url);

/** A bare worker on workerd by Miniflare, with a folder of its own that goes when it ends. */
export class BareWorkerd extends Running {
  readonly #folder: Folder;
  #server: Forked | undefined;

  private constructor(dir: string) {
    super();
    this.#folder = new Folder(dir);
  }

  /** With workerd's own flags of V8, where none are given. */
  static async start(dir: string, ...v8Flags: string[]): Promise<BareWorkerd> {
    const bare = new BareWorkerd(dir);
    return bare.started(bare.#start(v8Flags));
  }

  get url(): string {
    return this.#server?.url ?? "";
  }

  /** workerd's; its parent is Miniflare's Node. */
  get pid(): number {
    return childrenOf(this.#server?.pid ?? 0)[0]?.pid ?? 0;
  }

  async #start(v8Flags: readonly string[]): Promise<void> {
    this.#server = await Forked.start(PROGRAM, this.#folder.path, ...v8Flags);
  }

  protected override async end(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}
