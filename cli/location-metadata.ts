import type { LocationMetadata } from "@glimpse/client/locations.ts";
import type { Command } from "commander";
import { jsonObjectIn } from "./json-option.ts";

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

export const metadataIn = ({ metadata }: MetadataOptions): LocationMetadata =>
  // The service decides whether the values are valid.
  jsonObjectIn(metadata, {
    what: "Metadata",
    example: `--metadata '{"key": "value"}'`,
  }) as LocationMetadata;
