import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Running } from "./running.ts";

/** A folder on the disk that is measured. It goes when it is done with, whether the bench ends by itself or is interrupted. */
export class Folder extends Running {
  readonly path: string;

  constructor(dir: string) {
    super();
    this.path = mkdtempSync(join(dir, "glimpse-bench-"));
  }

  protected override async end(): Promise<void> {
    // Who was killed a moment ago may still have been writing into it.
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5 });
  }
}
