import type { TestProject } from "vitest/node";
import type {} from "./provided.ts";
import { startTestRelay, TEST_KEY } from "./relay.node.ts";

/** A relay for tests that run inside workerd, where none can be started. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const at = await startTestRelay();
  project.provide("relay", { url: at.relay.url, dir: at.dir, key: TEST_KEY });
  return () => at.stop();
}
