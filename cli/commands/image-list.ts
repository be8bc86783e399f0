import { given } from "@glimpse/client/given.ts";
import { type Image, type ImageFilters, type ListQuery, listImages } from "@glimpse/client/images.ts";
import {
  type CommandInput,
  type CommandSpec,
  collect,
  collectKeyValue,
  type KeyValue,
  positiveNumber,
  trueOrFalse,
  wholeNumber,
} from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT, usageError } from "../errors.ts";
import { type ColumnOf, printList } from "../output/print.ts";

/** The service validates the values of attributes; their types here are those it accepts. */
interface ListOptions {
  readonly limit?: number;
  readonly pageSize?: number;
  readonly sort?: string;
  readonly sortKey?: NonNullable<ListQuery["sortKeys"]>;
  readonly sortDir?: NonNullable<ListQuery["sortDirs"]>;
  readonly visibility?: NonNullable<ImageFilters["visibility"]>;
  readonly memberStatus?: NonNullable<ImageFilters["member_status"]>;
  readonly owner?: string;
  readonly name?: string;
  readonly status?: string;
  readonly checksum?: string;
  readonly hash?: string;
  readonly tag?: string[];
  readonly propertyFilter?: readonly KeyValue[];
  /** True when the option has no value. */
  readonly hidden?: boolean;
  readonly osHidden?: boolean;
  readonly includeStores?: boolean;
}

const BRIEF: readonly ColumnOf<Image>[] = [
  { heading: "ID", field: "id" },
  { heading: "Name", field: "name" },
];
const VERBOSE: readonly ColumnOf<Image>[] = [
  { heading: "Disk_format", field: "disk_format" },
  { heading: "Container_format", field: "container_format" },
  { heading: "Size", field: "size" },
  { heading: "Status", field: "status" },
  { heading: "Owner", field: "owner" },
];
const STORES: ColumnOf<Image> = { heading: "Stores", field: "stores" };

async function run(ctx: Context, { options }: CommandInput<ListOptions>): Promise<number> {
  const query = queryFrom(options);
  const session = await ctx.session();
  const columns = [...BRIEF, ...(ctx.verbose ? VERBOSE : []), ...(options.includeStores ? [STORES] : [])];
  await printList(ctx, columns, listImages(session, query));
  return EXIT.ok;
}

function queryFrom(options: ListOptions): ListQuery {
  const sortKeys = options.sortKey ?? [];
  const sortDirs = options.sortDir ?? [];
  const isKeyed = sortKeys.length > 0 || sortDirs.length > 0;
  if (options.sort !== undefined && isKeyed)
    throw usageError("--sort does not go with --sort-key and --sort-dir.", "Give the one or the others.");
  const sorting: ListQuery =
    options.sort !== undefined
      ? { sort: options.sort }
      : isKeyed
        ? { sortKeys, sortDirs }
        : { sortKeys: ["name"], sortDirs: ["asc"] };
  return {
    limit: options.limit,
    pageSize: options.pageSize,
    filters: filtersFrom(options),
    ...sorting,
  };
}

/**
 * The filters that were given. Where an option and a property filter name the same attribute, the property filter wins.
 */
function filtersFrom(options: ListOptions): ImageFilters {
  const properties = Object.fromEntries((options.propertyFilter ?? []).map(({ key, value }) => [key, value]));
  const named = given<ImageFilters>({
    tag: options.tag,
    visibility: options.visibility,
    member_status: options.memberStatus,
    owner: options.owner,
    name: options.name === undefined ? undefined : `eq:${options.name}`,
    status: options.status,
    checksum: options.checksum,
    os_hash_value: options.hash,
    os_hidden: options.hidden ?? options.osHidden,
  });
  const others = Object.entries(named).filter(([name]) => name === "tag" || !Object.hasOwn(properties, name));
  return {
    ...Object.fromEntries(others),
    ...given<ImageFilters>({ properties: options.propertyFilter && properties }),
  };
}

export const imageList: CommandSpec<ListOptions> = {
  name: "image-list",
  summary: "list the images you can see",
  declare(command) {
    command
      .option("--limit <count>", "at most so many images", wholeNumber)
      .option("--page-size <count>", "so many in each request", positiveNumber)
      .option("--sort <key[:dir],...>", "keys and directions, such as name:asc,size:desc")
      .option("--sort-key <key>", "key to sort by; may be repeated", collect)
      .option("--sort-dir <asc|desc>", "direction for all keys, or one for each", collect)
      .option("--visibility <visibility>", "public, private, shared, community or all")
      .option("--member-status <status>", "of images shared with you: pending, accepted, rejected or all")
      .option("--owner <project>", "owned by this project")
      .option("--name <name>", "with exactly this name")
      .option("--status <status>", "in this status")
      .option("--checksum <md5>", "whose data has this MD5 checksum")
      .option("--hash <hash>", "whose data has this os_hash_value")
      .option("--tag <tag>", "with this tag; may be repeated", collect)
      .option("--property-filter <key=value>", "with this property; may be repeated", collectKeyValue)
      .option("--hidden [True|False]", "hidden ones only, or only the others", optionalBoolean)
      .option("--os-hidden [True|False]", "as --hidden", optionalBoolean)
      .option("--include-stores [True|False]", "show which stores have them", optionalBoolean);
  },
  run,
};

/** An option without a value is true; commander calls the parser only when a value follows. */
function optionalBoolean(text: string): boolean {
  return trueOrFalse(text);
}
