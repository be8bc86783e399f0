/** The catalogue of ../catalogue.ts, image by image the same, in Glance's own tables. */
import type { Cloud } from "./cloud.ts";

const ID = "CONCAT(LPAD(LOWER(HEX(h)), 8, '0'), '-0000-4000-8000-', LPAD(LOWER(HEX(n)), 12, '0'))";
const CREATED_AT = "FROM_UNIXTIME(1700000000 + n)";
/** `h` is spread over 32 bits, as there. */
const numbers = (images: number) =>
  `(SELECT seq AS n, (seq * 2654435761) % 4294967296 AS h FROM seq_0_to_${images - 1}) numbers`;

const inserts = (images: number, owner: string): string[] => [
  `INSERT INTO images (id, name, status, visibility, protected, os_hidden, owner, disk_format, container_format, min_disk,
     min_ram, size, virtual_size, checksum, os_hash_algo, os_hash_value, created_at, updated_at, deleted)
   SELECT ${ID}, IF(FLOOR(h / 1000) % 100 = 0, NULL, CONCAT('image-', LPAD(LOWER(HEX((h * 31) % 4294967296)), 8, '0'))),
     IF(FLOOR(h / 777) % 100 = 0, 'queued', 'active'),
     ELT(1 + n % 10, 'shared', 'shared', 'private', 'public', 'public', 'community', 'private', 'shared', 'shared', 'shared'),
     0, FLOOR(h / 333) % 100 = 0, IF(n % 10 < 4, '${owner}', CONCAT('project-', FLOOR(h / 50) % 1000)),
     ELT(1 + FLOOR(h / 11) % 5, NULL, 'raw', 'qcow2', 'qcow2', 'iso'), 'bare', 10, 512,
     IF(FLOOR(h / 777) % 100 = 0, NULL, h * 7), 10737418240, LPAD(LOWER(HEX(n)), 32, '0'), 'sha512',
     CONCAT(LPAD(LOWER(HEX(h)), 8, '0'), LPAD(LOWER(HEX(n)), 120, '0')), ${CREATED_AT}, FROM_UNIXTIME(1700000000 + n + FLOOR(h / 1000000)), 0
   FROM ${numbers(images)}`,
  ...[
    ["architecture", "'x86_64'"],
    ["hw_disk_bus", "'scsi'"],
    ["os_version", "'13'"],
    ["instance_uuid", ID],
    ["os_distro", "IF(FLOOR(h / 5) % 2, 'debian', 'ubuntu')"],
  ].map(
    ([name, value]) => `INSERT INTO image_properties (image_id, name, value, created_at, updated_at, deleted)
       SELECT ${ID}, '${name}', ${value}, ${CREATED_AT}, ${CREATED_AT}, 0 FROM ${numbers(images)}`,
  ),
  ...[
    "'bench'",
    "IF(FLOOR(h / 5) % 2, 'debian', 'ubuntu')",
    "IF(n % 50 = 42 AND n < 1000, 'rare', 'lts')",
  ].map(
    (value) => `INSERT INTO image_tags (image_id, value, created_at, updated_at, deleted)
       SELECT ${ID}, ${value}, ${CREATED_AT}, ${CREATED_AT}, 0 FROM ${numbers(images)}`,
  ),
  `INSERT INTO image_locations (image_id, value, meta_data, status, created_at, updated_at, deleted)
   SELECT ${ID}, CONCAT('file:///seeded/', ${ID}), '{"store": "fast"}', 'active', ${CREATED_AT}, ${CREATED_AT}, 0
   FROM ${numbers(images)}`,
  `INSERT INTO image_members (image_id, member, can_share, status, created_at, updated_at, deleted)
   SELECT ${ID}, '${owner}', 0, 'accepted', ${CREATED_AT}, ${CREATED_AT}, 0 FROM ${numbers(images)} WHERE n % 10 = 9`,
];

/** Replaces what is in the catalogue. */
export async function seedGlance(
  cloud: Cloud,
  { images, owner }: { images: number; owner: string },
): Promise<void> {
  const tables = ["image_members", "image_locations", "image_tags", "image_properties", "images"];
  const statements = [
    "SET time_zone = '+00:00', foreign_key_checks = 0, unique_checks = 0",
    ...tables.map((table) => `TRUNCATE TABLE ${table}`),
    ...inserts(images, owner),
    // Ours has its indexes made anew, and of what was there before nothing is left to be cleared away.
    ...tables.map((table) => `OPTIMIZE TABLE ${table}`),
  ];
  await cloud.query(`${statements.join(";\n")};`);
}
