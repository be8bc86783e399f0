/**
 * Fills a catalogue with images of which every list has some to pass and some to show: of all visibilities and formats,
 * of many projects, hidden and unfinished ones, with tags and properties that many have and that few have.
 */
import { DatabaseSync } from "node:sqlite";

/** How many images, and whose. */
export interface Catalogue {
  readonly images: number;
  /** The project of whoever asks: four images of ten are its own, and one more is shared with it. */
  readonly owner: string;
}

/** Spreads the numbers of images over 32 bits, as `h` does below. Exact for the first three million. */
const spreadOf = (n: number): number => (n * 2_654_435_761) % 2 ** 32;

/** The id of the n-th image. Ids are spread, as random ones are: rows of neighbours lie apart. */
export function seededId(n: number): string {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0");
  return `${hex(spreadOf(n), 8)}-0000-4000-8000-${hex(n, 12)}`;
}

/** The name of the n-th image, where it has one. */
export function nameOf(n: number): string {
  return `image-${((spreadOf(n) * 31) % 2 ** 32).toString(16).padStart(8, "0")}`;
}

/** Whether lists show it by a name: of a hundred one has none, and one is hidden (`IMAGES`). */
export function isListedByName(n: number): boolean {
  return [1000, 333].every((divisor) => Math.floor(spreadOf(n) / divisor) % 100 !== 0);
}

/** The number of an image that everybody sees, in the middle of the default order; one after the other from there. */
export const middleOf = (images: number, nth = 0): number => Math.floor(images / 20) * 10 + 4 + nth * 10;

/** Of ten images in a row: whose, and who may see them. The bench's own project has 4 and is given the last. */
const VISIBILITIES =
  "json_array('shared', 'shared', 'private', 'public', 'public', 'community', 'private', 'shared', 'shared', 'shared')";
const OWN_OF_TEN = 4;

const ID = "printf('%08x-0000-4000-8000-%012x', h, n)";
/** `h` is spread over 32 bits, so that no attribute tells of another. */
const NUMBERS = `WITH RECURSIVE counted(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted WHERE n + 1 < ?1),
  numbers(n, h) AS (SELECT n, (n * 2654435761) % 4294967296 FROM counted)`;
const CREATED_AT = "1700000000000000 + n * 1000000";

const IMAGES = `INSERT INTO images (id, name, status, visibility, protected, os_hidden, owner, disk_format,
    container_format, min_disk, min_ram, size, virtual_size, checksum, os_hash_algo, os_hash_value, created_at,
    updated_at, generation)
  ${NUMBERS} SELECT ${ID}, iif(h / 1000 % 100 = 0, NULL, printf('image-%08x', (h * 31) % 4294967296)),
    iif(h / 777 % 100 = 0, 'queued', 'active'), ${VISIBILITIES} ->> (n % 10), 0, h / 333 % 100 = 0,
    iif(n % 10 < ${OWN_OF_TEN}, ?2, 'project-' || (h / 50 % 1000)),
    json_array(NULL, 'raw', 'qcow2', 'qcow2', 'iso') ->> (h / 11 % 5), 'bare', 10, 512,
    iif(h / 777 % 100 = 0, NULL, h * 7), 10737418240, printf('%032x', n), 'sha512', printf('%08x%0120x', h, n),
    ${CREATED_AT}, ${CREATED_AT} + h, 2 FROM numbers`;

const PROPERTIES = `INSERT INTO image_properties (image_id, name, value, image_created_at)
  ${NUMBERS} SELECT ${ID}, p.key, p.value, ${CREATED_AT} FROM numbers, json_each(json_object(
    'architecture', 'x86_64', 'hw_disk_bus', 'scsi', 'os_version', '13', 'instance_uuid', ${ID},
    'os_distro', iif(h / 5 % 2, 'debian', 'ubuntu'))) p`;

const TAGS = `INSERT INTO image_tags (image_id, value, image_created_at)
  ${NUMBERS} SELECT ${ID}, t.value, ${CREATED_AT} FROM numbers, json_each(json_array(
    'bench', iif(h / 5 % 2, 'debian', 'ubuntu'), iif(n % 50 = 42 AND n < 1000, 'rare', 'lts'))) t`;

const LOCATIONS = `INSERT INTO image_locations (image_id, url, store, created_at)
  ${NUMBERS} SELECT ${ID}, 'file:///seeded/' || ${ID}, 'file', ${CREATED_AT} FROM numbers`;

const SHARES = `INSERT INTO image_members (image_id, member, status, created_at, updated_at, image_created_at)
  ${NUMBERS} SELECT ${ID}, ?2, 'accepted', 0, 0, ${CREATED_AT} FROM numbers WHERE n % 10 = 9`;

const TABLES = ["image_members", "image_locations", "image_tags", "image_properties", "images"];

/**
 * Replaces what is in the catalogue. Straight into the database's file, while nobody else has it open: a million images
 * are gigabytes. Without its indexes, which are made anew at the end: in the random order of the ids that is many times as
 * quick.
 */
export function seedCatalogue(file: string, { images, owner }: Catalogue): void {
  const db = new DatabaseSync(file);
  try {
    db.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -500000; BEGIN");
    const indexes = db
      .prepare(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name LIKE 'image%'",
      )
      .all();
    for (const { name } of indexes) db.exec(`DROP INDEX ${name}`);
    for (const table of TABLES) db.exec(`DELETE FROM ${table}`);
    for (const statement of [IMAGES, SHARES]) db.prepare(statement).run(images, owner);
    for (const statement of [PROPERTIES, TAGS, LOCATIONS]) db.prepare(statement).run(images);
    for (const { sql } of indexes) db.exec(String(sql));
    db.exec("COMMIT; PRAGMA journal_mode = WAL");
  } finally {
    db.close();
  }
}
