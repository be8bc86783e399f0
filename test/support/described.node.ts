import { readFileSync } from "node:fs";
import type { Reporter, TestModule, TestRunEndReason, Vitest } from "vitest/node";
import type {} from "./exchanged.ts";
import { NEVER_EXCHANGED } from "./never-exchanged.ts";

const DOCUMENT = new URL("../../openapi/openapi.json", import.meta.url);

/** Refusals that every operation has alike, from what stands before all of them; held wherever they are tested. */
const OF_ALL = new Set(["401", "431", "500", "503"]);

/**
 * What the document describes and no test of the edge ring exchanged is a failure, when all of them ran and passed: what
 * is never seen may be wrong. Exceptions are in never-exchanged.ts.
 */
export class DescribedReport implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  async onTestRunEnd(
    modules: readonly TestModule[],
    _errors: unknown,
    reason: TestRunEndReason,
  ): Promise<void> {
    if (reason !== "passed" || !(await this.#isWhole(modules))) return;
    const seen = new Set(modules.flatMap((module) => module.meta().exchanged ?? []));
    const excepted = new Set(NEVER_EXCHANGED.flatMap(({ of }) => of));
    const missed = described().filter((each) => !seen.has(each) && !excepted.has(each));
    for (const each of missed)
      console.error(`MISSED ${each} is described, and no test of the edge ring exchanges it`);
    if (missed.length > 0) process.exitCode = 1;
  }

  async #isWhole(modules: readonly TestModule[]): Promise<boolean> {
    if (!this.#vitest || this.#vitest.config.testNamePattern) return false;
    const ran = new Set(modules.map(({ moduleId }) => moduleId));
    const all = await this.#vitest.globTestSpecifications();
    const ofEdge = all.filter(({ project }) => project.name === "edge");
    return ofEdge.length > 0 && ofEdge.every(({ moduleId }) => ran.has(moduleId));
  }
}

/** Each operation's id with each status that it may have. */
function described(): string[] {
  const { paths } = JSON.parse(readFileSync(DOCUMENT, "utf8")) as {
    paths: Record<string, Record<string, { operationId?: string; responses?: Record<string, unknown> }>>;
  };
  return Object.values(paths)
    .flatMap((item) => Object.values(item))
    .flatMap(({ operationId, responses = {} }) =>
      Object.keys(responses)
        .filter((status) => !OF_ALL.has(status))
        .map((status) => `${operationId} ${status}`),
    );
}
