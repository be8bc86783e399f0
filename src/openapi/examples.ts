/** The subjects of the examples: one image, its owner, and the project with which it is shared. */

export const IMAGE_ID_EXAMPLE = "7f3c2a90-5d1e-4b7a-9c33-0e6a51f2b8d4";
export const PROJECT_ID_EXAMPLE = "a1f0c2d3e4b5968778695a4b3c2d1e0f";
export const OTHER_PROJECT_ID_EXAMPLE = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
export const USER_ID_EXAMPLE = "5b1d6a7c8e9f40312233445566778899";
export const TASK_ID_EXAMPLE = "c2d7e1f4-8a6b-4f0e-b1c9-6f2f0a3d5e71";
export const REQUEST_ID_EXAMPLE = "req-3f0b6e6e-9d3c-4a57-8f4d-2b8a1c7e9d10";
/** A token of the embedded identity; a Keystone's look different. */
export const TOKEN_EXAMPLE = "ga.eyJ1c2VySWQiOiI1YjFkNmE3YyJ9.Zm9ydHktdGhyZWUtY2hhcmFjdGVycy1vZi1zaWduYXR";
export const CHECKSUM_EXAMPLE = "0743e123b7c0f33555623bac14ee0200";
export const SHA512_EXAMPLE =
  "25c653f0c1814fd68cc6c93c8d52233a003715e255e7d2f8f3eafb2067726f9271e94092a0f8816ef01eeb1b72bbd37c70aae448c78c5863b33a5a51679dc1b8";

export const IMAGE = {
  id: IMAGE_ID_EXAMPLE,
  name: "Debian 13",
  status: "active",
  visibility: "shared",
  protected: false,
  os_hidden: false,
  owner: PROJECT_ID_EXAMPLE,
  disk_format: "qcow2",
  container_format: "bare",
  min_disk: 4,
  min_ram: 512,
  size: 434_110_464,
  virtual_size: null,
  checksum: CHECKSUM_EXAMPLE,
  os_hash_algo: "sha512",
  os_hash_value: SHA512_EXAMPLE,
  tags: ["lts"],
  created_at: "2026-11-25T09:30:00Z",
  updated_at: "2026-11-25T09:31:12Z",
  stores: "file",
  os_distro: "debian",
  self: `/v2/images/${IMAGE_ID_EXAMPLE}`,
  file: `/v2/images/${IMAGE_ID_EXAMPLE}/file`,
  schema: "/v2/schemas/image",
};

/** As it is before it has data. */
export const QUEUED_IMAGE = {
  ...IMAGE,
  status: "queued",
  size: null,
  checksum: null,
  os_hash_algo: null,
  os_hash_value: null,
  updated_at: IMAGE.created_at,
  stores: undefined,
};

export const MEMBER = {
  member_id: OTHER_PROJECT_ID_EXAMPLE,
  image_id: IMAGE_ID_EXAMPLE,
  status: "pending",
  created_at: "2026-11-25T10:00:00Z",
  updated_at: "2026-11-25T10:00:00Z",
  schema: "/v2/schemas/member",
};

export const LOCATION = { url: "https://images.example.org/debian-13.qcow2", metadata: { store: "web" } };

export const TASK = {
  id: TASK_ID_EXAMPLE,
  type: "location_import",
  status: "success",
  owner: PROJECT_ID_EXAMPLE,
  expires_at: "2026-11-27T09:32:00Z",
  created_at: "2026-11-25T09:31:00Z",
  updated_at: "2026-11-25T09:32:00Z",
  self: `/v2/tasks/${TASK_ID_EXAMPLE}`,
  schema: "/v2/schemas/task",
};
