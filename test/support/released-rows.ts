/**
 * What each released migration leaves is a state that installations are in. From every one of them, with rows in it,
 * the rest must apply and the rows must be there still. A migration that changes what a table must hold says so here,
 * by the rows of the state before it.
 */
export const RELEASED_ROWS: Record<string, string[]> = {
  "0000_catalogue.sql": [
    `INSERT INTO images (id, name, status, visibility, protected, os_hidden, owner, disk_format, container_format,
       min_disk, min_ram, size, created_at, updated_at, generation)
     VALUES ('i1', NULL, 'active', 'shared', 0, 0, 'p1', 'raw', 'bare', 0, 0, 5, 1, 2, 2)`,
    "INSERT INTO image_properties (image_id, name, value) VALUES ('i1', 'os_distro', 'debian')",
    "INSERT INTO image_tags (image_id, value) VALUES ('i1', 'red')",
    `INSERT INTO image_members (image_id, member, status, created_at, updated_at)
     VALUES ('i1', 'p2', 'pending', 1, 1)`,
    "INSERT INTO image_locations (image_id, url, store, created_at) VALUES ('i1', 'memory://i1', 'file', 1)",
    `INSERT INTO tasks (id, type, status, owner, created_at, updated_at)
     VALUES ('t1', 'import', 'pending', 'p1', 1, 1)`,
    "INSERT INTO task_info (task_id, input) VALUES ('t1', '{}')",
  ],
  "0001_identity.sql": [
    "INSERT INTO roles VALUES ('r1', 'member', NULL)",
    "INSERT INTO users (id, name, password_hash) VALUES ('u1', 'admin', 'x')",
    "INSERT INTO projects (id, name) VALUES ('p1', 'admin')",
    "INSERT INTO role_assignments VALUES ('u1', 'p1', 'r1')",
    `INSERT INTO application_credentials (id, user_id, project_id, name, secret_hash, role_ids)
     VALUES ('a1', 'u1', 'p1', 'ci', 'x', '[]')`,
    "INSERT INTO login_failures VALUES ('u1', 1, 1)",
    "INSERT INTO revoked_tokens VALUES ('t', 1)",
  ],
  "0002_project_usage.sql": ["INSERT INTO project_usage (project) VALUES ('p1') ON CONFLICT DO NOTHING"],
};
