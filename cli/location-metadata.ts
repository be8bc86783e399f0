import type { LocationMetadata } from "@glimpse/client/locations.ts";
import type { Command } from "commander";
import { usageError } from "./errors.ts";

export interface MetadataOptions {
  readonly url: string;
  readonly metadata: string;
}

/** The options of a command that writes a location. */
export const declareLocation = (command: Command): Command =>
  command
    .argument("<image>", "id of the image, or its name")
    .requiredOption("--url <url>", "where the data is")
    .option("--metadata <json>", "what belongs to the location, as a JSON object", "{}");

export function metadataIn({ metadata }: MetadataOptions): LocationMetadata {
  const next = `An example: --metadata '{"key": "value"}'`;
  try {
    const parsed: unknown = JSON.parse(metadata);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed))
      return parsed as LocationMetadata;
  } catch {
    throw usageError("Metadata is not a valid JSON object.", next);
  }
  throw usageError("Metadata is not a valid JSON object.", next);
}
