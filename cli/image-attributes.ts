import type { NameIn } from "@glimpse/client/calls.ts";
import type { Image, ImageFields } from "@glimpse/client/images.ts";
import type { Command } from "commander";
import { collectKeyValue, type KeyValue, trueOrFalse, wholeNumber } from "./command.ts";

/**
 * The attributes that a caller sets, by the name of their option. `--hidden` is the stock client's name for os_hidden.
 */
const ATTRIBUTES: Readonly<Record<string, Attribute>> = {
  name: { field: "name", value: "name", help: "descriptive name" },
  "disk-format": {
    field: "disk_format",
    value: "format",
    help: "ami, ari, aki, vhd, vhdx, vmdk, raw, qcow2, vdi, iso or ploop",
  },
  "container-format": {
    field: "container_format",
    value: "format",
    help: "ami, ari, aki, bare, ovf, ova, docker or compressed",
  },
  visibility: { field: "visibility", value: "visibility", help: "public, private, shared or community" },
  owner: { field: "owner", value: "project", help: "id of the project that owns it" },
  protected: {
    field: "protected",
    value: "True|False",
    parse: trueOrFalse,
    help: "whether it is kept from being deleted",
  },
  hidden: { field: "os_hidden", value: "True|False", parse: trueOrFalse, help: "whether lists leave it out" },
  "os-hidden": { field: "os_hidden", value: "True|False", parse: trueOrFalse, help: "as --hidden" },
  "min-disk": { field: "min_disk", value: "GiB", parse: wholeNumber, help: "disk that booting it takes" },
  "min-ram": { field: "min_ram", value: "MiB", parse: wholeNumber, help: "memory that booting it takes" },
  "kernel-id": { field: "kernel_id", value: "image", help: "id of the image that is its kernel" },
  "ramdisk-id": { field: "ramdisk_id", value: "image", help: "id of the image that is its ramdisk" },
  "os-distro": { field: "os_distro", value: "name", help: "common name of its distribution" },
  "os-version": { field: "os_version", value: "version", help: "version, as its distributor gives it" },
  architecture: { field: "architecture", value: "name", help: "processor architecture" },
  "instance-uuid": { field: "instance_uuid", value: "id", help: "server that it was made from" },
};

/** Additional properties may have any name; these have a meaning. */
type CommonProperty = "os_distro" | "os_version" | "architecture" | "instance_uuid";

interface Attribute {
  readonly field: NameIn<ImageFields> | CommonProperty;
  readonly value: string;
  readonly help: string;
  readonly parse?: (text: string) => unknown;
}

export interface AttributeOptions {
  readonly property?: readonly KeyValue[];
  readonly [attribute: string]: unknown;
}

export function declareAttributes(command: Command): void {
  for (const [option, { value, help, parse }] of Object.entries(ATTRIBUTES)) {
    const flags = `--${option} <${value}>`;
    if (parse) command.option(flags, help, (text: string) => parse(text));
    else command.option(flags, help);
  }
  command.option("--property <key=value>", "additional property; may be repeated", collectKeyValue);
}

/** The fields that the options set, as the API names them. */
export function fieldsFrom(options: AttributeOptions): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const { key, value } of options.property ?? []) fields[key] = value;
  for (const [option, { field }] of Object.entries(ATTRIBUTES)) {
    const value = options[option.replace(/-(\w)/g, (_all, letter: string) => letter.toUpperCase())];
    if (value !== undefined) fields[field] = value;
  }
  return fields;
}

/** An image as the stock client shows it: without its links, and with words for a virtual size that nobody knows. */
export function shownImage(image: Image): Record<string, unknown> {
  const { self: _self, file: _file, schema: _schema, access: _access, ...shown } = image;
  return "virtual_size" in image ? { ...shown, virtual_size: image.virtual_size || "Not available" } : shown;
}

/** An image as the stock client shows it after a change of its locations: all but the link to itself. */
export function withoutSelf({ self: _self, ...shown }: Image): Record<string, unknown> {
  return shown;
}
