/** What the tests of a file have exchanged that was held to the document: the id of an operation and a status, each. */
export const exchanged = new Set<string>();

declare module "vitest" {
  interface TaskMeta {
    exchanged?: readonly string[];
  }
}
