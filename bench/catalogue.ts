/** Fills a catalogue with images as a cloud has them, in bulk: half the caller's own, half public ones of another project. */

export interface CatalogueOptions {
  readonly images: number;
  /** Project of the images that are not public. */
  readonly owner: string;
}

interface Database {
  prepare(query: string): { bind(...values: unknown[]): { run(): Promise<unknown> } };
}

const IMAGES_A_STATEMENT = 10_000;

/** The id of the n-th seeded image. Ids are spread, as random ones are: rows of neighbours lie apart. */
export function seededId(n: number): string {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0");
  return `${hex((n * 2_654_435_761) % 2 ** 32, 8)}-0000-4000-8000-${hex(n, 12)}`;
}

const ID = "printf('%08x-0000-4000-8000-%012x', (n * 2654435761) % 4294967296, n)";
const NUMBERS =
  "WITH RECURSIVE numbers(n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?2)";

const IMAGES = `INSERT INTO images (id, name, status, visibility, protected, os_hidden, owner, disk_format,
    container_format, min_disk, min_ram, size, virtual_size, checksum, os_hash_algo, os_hash_value, created_at,
    updated_at, generation)
  ${NUMBERS} SELECT ${ID}, 'image-' || n, 'active', iif(n % 2, 'public', 'shared'), 0, 0,
    iif(n % 2, 'another-project', ?3), 'qcow2', 'bare', 10, 512, 1048576 + n, 10737418240, printf('%032x', n),
    'sha512', printf('%0128x', n), 1700000000000000 + n * 1000000, 1700000000000000 + n * 1000000, 2 FROM numbers`;

const PROPERTIES = `INSERT INTO image_properties (image_id, name, value)
  ${NUMBERS} SELECT ${ID}, json_each.key, json_each.value FROM numbers, json_each(?3)`;

const TAGS = `INSERT INTO image_tags (image_id, value)
  ${NUMBERS} SELECT ${ID}, json_each.value FROM numbers, json_each(?3)`;

const LOCATIONS = `INSERT INTO image_locations (image_id, url, store, created_at)
  ${NUMBERS} SELECT ${ID}, ?3 || ${ID}, 'file', 1700000000000000 FROM numbers`;

const SOME_PROPERTIES = JSON.stringify({
  architecture: "x86_64",
  hw_disk_bus: "scsi",
  hw_scsi_model: "virtio-scsi",
  os_distro: "debian",
  os_version: "13",
});
const SOME_TAGS = JSON.stringify(["bench", "debian", "lts"]);

export async function seedCatalogue(db: Database, { images, owner }: CatalogueOptions): Promise<void> {
  for (let from = 0; from < images; from += IMAGES_A_STATEMENT) {
    const to = Math.min(from + IMAGES_A_STATEMENT, images);
    await db.prepare(IMAGES).bind(from, to, owner).run();
    await db.prepare(PROPERTIES).bind(from, to, SOME_PROPERTIES).run();
    await db.prepare(TAGS).bind(from, to, SOME_TAGS).run();
    await db.prepare(LOCATIONS).bind(from, to, "file:///seeded/").run();
  }
}
