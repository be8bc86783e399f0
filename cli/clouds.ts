import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { usageError } from "./errors.ts";

/** One entry of clouds.yaml, with what secure.yaml adds to it. */
export interface CloudEntry {
  readonly [key: string]: unknown;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The usual places, best first. The first file that exists is used. */
const places = (environment: Environment): string[] => [
  process.cwd(),
  join(environment.XDG_CONFIG_HOME || join(environment.HOME || homedir(), ".config"), "openstack"),
  "/etc/openstack",
];

/** The named entry of clouds.yaml (or of the file that OS_CLIENT_CONFIG_FILE names), secure.yaml merged into it. */
export function cloudNamed(name: string, environment: Environment): CloudEntry {
  const named = environment.OS_CLIENT_CONFIG_FILE;
  const folders = named ? [dirname(named), ...places(environment)] : places(environment);
  const clouds = firstFile(named ? [named] : folders.map((folder) => join(folder, "clouds.yaml")));
  if (!clouds)
    throw usageError(
      `The cloud "${name}" is named, but there is no clouds.yaml.`,
      `Put one in ${places(environment).join(" or ")}, or unset OS_CLOUD.`,
    );
  const entry = entryOf(clouds.content, name);
  if (!entry)
    throw usageError(`${clouds.path} has no cloud "${name}".`, "Name one that it has, or unset OS_CLOUD.");
  const secure = firstFile([
    ...(environment.OS_CLIENT_SECURE_FILE ? [environment.OS_CLIENT_SECURE_FILE] : []),
    ...folders.map((folder) => join(folder, "secure.yaml")),
  ]);
  const added = secure ? entryOf(secure.content, name) : undefined;
  return added ? mergedEntry(entry, added) : entry;
}

function firstFile(paths: readonly string[]): { path: string; content: unknown } | undefined {
  for (const path of paths) {
    const text = textOf(path);
    if (text === undefined) continue;
    try {
      return { path, content: parse(text) };
    } catch (cause) {
      // The parser quotes the line at fault, which may hold a password.
      const line = (cause as { linePos?: readonly { line: number }[] }).linePos?.[0]?.line;
      throw usageError(
        `${path} is not YAML${line === undefined ? "" : `, at line ${line}`}.`,
        "Correct the file, or move it away.",
      );
    }
  }
  return undefined;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw usageError(`${path} cannot be read: ${(error as Error).message}`, "Correct its permissions.");
  }
}

function entryOf(content: unknown, name: string): CloudEntry | undefined {
  const entry = isMap(content) && isMap(content.clouds) ? content.clouds[name] : undefined;
  return isMap(entry) ? entry : undefined;
}

/** Merges two entries, nested maps included; where they differ, `over` wins. */
export function mergedEntry(base: CloudEntry, over: CloudEntry): CloudEntry {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = result[key];
    result[key] = isMap(below) && isMap(value) ? mergedEntry(below, value) : value;
  }
  return result;
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
