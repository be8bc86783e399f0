/** What clients ask of a catalogue: one image, and lists by each key and filter, from the start and from the middle on. */
import { middleOf, nameOf, seededId } from "./catalogue.ts";

const KEYS = ["name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at"];

/** In the middle: so many images in turn. */
const MIDDLES = 20;

/** A list, and its parameters. */
interface ListKind {
  readonly what: string;
  readonly query: string;
  /** Begins in the middle. */
  readonly deep?: boolean;
}

/** Requests that are alike. */
export interface Read {
  readonly what: string;
  /** Asked for in turn. */
  readonly paths: readonly string[];
}

/** The same, one by one, of a catalogue of whatever size (catalogue.ts). */
export function readsOf(images: number): Read[] {
  const middles = Array.from({ length: MIDDLES }, (_, nth) => seededId(middleOf(images, nth)));
  const pathsOf = ({ query, deep }: ListKind) =>
    (deep ? middles.map((id) => `&marker=${id}`) : [""]).map(
      (marker) => `/v2/images?limit=25&${query}${marker}`,
    );
  return [
    { what: "show", paths: middles.map((id) => `/v2/images/${id}`) },
    ...listKinds(images).map((kind) => ({ what: kind.what, paths: pathsOf(kind) })),
  ];
}

function listKinds(images: number): ListKind[] {
  const both = (what: string, query: string): ListKind[] => [
    { what, query },
    { what: `${what}, deep`, query, deep: true },
  ];
  const name = nameOf(middleOf(images));
  return [
    ...both("default order", ""),
    ...KEYS.flatMap((key) =>
      ["asc", "desc"].flatMap((dir) => both(`${key}:${dir}`, `sort_key=${key}&sort_dir=${dir}`)),
    ),
    { what: "name=…", query: `name=${name}` },
    { what: "name=…, by name", query: `name=${name}&sort=name:asc` },
    ...both("status=active", "status=active"),
    ...both("status=queued (1 %)", "status=queued"),
    { what: "status=queued (1 %), by name", query: "status=queued&sort=name:asc" },
    ...both("tag, of all", "tag=bench"),
    ...both("tag, of half", "tag=debian"),
    { what: "tag, of half, by name", query: "tag=debian&sort=name:asc" },
    { what: "tag, of 20", query: "tag=rare" },
    { what: "tag, of 20, by name", query: "tag=rare&sort=name:asc" },
    ...both("property, of half", "os_distro=debian"),
    { what: "property, of half, by name", query: "os_distro=debian&sort=name:asc" },
    { what: "property, of one", query: `instance_uuid=${seededId(middleOf(images))}` },
    { what: "property, of none", query: "instance_uuid=none" },
    { what: "owner=…", query: "owner=project-7" },
    ...["public", "community", "private", "shared", "all"].map((visibility) => ({
      what: `visibility=${visibility}`,
      query: `visibility=${visibility}`,
    })),
    { what: "member_status=all", query: "member_status=all" },
    { what: "os_hidden=true", query: "os_hidden=true" },
    { what: "updated_at=lt:…, of few", query: "updated_at=lt:2023-11-14T22:20:00Z" },
    ...both("name:asc,size:desc", "sort=name:asc,size:desc"),
    { what: "status:asc,name:asc", query: "sort=status:asc,name:asc" },
    { what: "checksum=…", query: `checksum=${"1".padStart(32, "0")}` },
    { what: "os_hash_value=…", query: `os_hash_value=9e3779b1${"1".padStart(120, "0")}` },
    { what: "protected=true, of none", query: "protected=true" },
    { what: "min_ram_min=513, of none", query: "min_ram_min=513" },
  ];
}
