import type { Json } from "miniflare";

const camelCase = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** `{ part_bytes: 1 }` of the file as `{ partBytes: 1 }` of the worker's vars. */
export const asVars = (section: object): { [name: string]: Json } =>
  Object.fromEntries(Object.entries(section).map(([name, value]) => [camelCase(name), value as Json]));
