import { ACTIVE, OCTETS, PATCH, type Row } from "../row.ts";
import { op } from "./images-patch.ts";

const SHA512_OF_NINE =
  "0da6633d668fae018c86dc1e86e8ca7d6c2b7bcbc519234da80e57b213c9a6504c2c7a48fd441070b5f82aa2e4bda8de4400b62bcb136880b17c12fbdd1c4d86";

/** spec/formats-hashes.md sections 1 and 4: hashes, and what may be said of formats. Content is not looked at yet. */
export const formats: readonly Row[] = [
  {
    row: "formats-hashes §1: checksum is the md5, os_hash_value of the algorithm configured, in lower case",
    given: ACTIVE,
    send: "GET {image}",
    expect: 200,
    answer: {
      body: {
        checksum: "6feb8ac01a4400a728b482d0506c4beb",
        os_hash_algo: "sha512",
        os_hash_value: SHA512_OF_NINE,
      },
    },
  },
  {
    row: "formats-hashes §1: hashes are null while there is no data",
    given: {},
    send: "GET {image}",
    expect: 200,
    answer: { body: { checksum: null, os_hash_algo: null, os_hash_value: null } },
  },
  {
    row: "formats-hashes §1: another algorithm is for new images alone",
    given: ACTIVE,
    send: "GET {image}",
    settings: { TRANSFERS: { hashAlgo: "sha256" } },
    expect: 200,
    answer: { body: { os_hash_algo: "sha512" } },
  },
  {
    row: "formats-hashes §1: the algorithm is the operator's",
    given: {},
    send: "PUT {image}/file",
    headers: OCTETS,
    body: "ABCDEFGHI",
    settings: { TRANSFERS: { hashAlgo: "sha256" } },
    expect: 204,
    after: { os_hash_algo: "sha256" },
  },
  {
    row: "formats-hashes §4: a record needs no formats",
    send: "POST /v2/images",
    body: {},
    expect: 201,
    answer: { body: { disk_format: null, container_format: null } },
  },
  {
    row: "formats-hashes §4: an upload needs both",
    given: { fields: { disk_format: null, container_format: null } },
    send: "PUT {image}/file",
    headers: OCTETS,
    body: "x",
    expect: 400,
  },
  {
    row: "formats-hashes §4: formats change while queued",
    given: {},
    send: "PATCH {image}",
    headers: PATCH,
    body: [op("replace", "/disk_format", "iso")],
    expect: 200,
  },
  {
    row: "formats-hashes §4: formats do not change once active",
    given: ACTIVE,
    send: "PATCH {image}",
    headers: PATCH,
    body: [op("replace", "/container_format", "ovf")],
    expect: 403,
  },
  {
    row: "formats-hashes §4: formats are not removed",
    given: {},
    send: "PATCH {image}",
    headers: PATCH,
    body: [op("remove", "/disk_format")],
    expect: 403,
  },
  {
    row: "formats-hashes §4: ami, ari and aki need not agree",
    send: "POST /v2/images",
    body: { disk_format: "ari", container_format: "aki" },
    expect: 201,
  },
];
