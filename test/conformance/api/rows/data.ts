import {
  ABSENT,
  ACTIVE,
  DEACTIVATED,
  type Given,
  long,
  OCTETS,
  PUBLIC,
  type Row,
  type Step,
} from "../row.ts";

type More = Partial<Step> & { given?: Given };

const upload = (section: string, expect: number, what: string, more: More = {}): Row => ({
  row: `data §${section}: ${expect} for ${what}`,
  given: {},
  send: "PUT {image}/file",
  body: "ABCDEFGHI",
  expect,
  ...more,
  headers: { ...OCTETS, ...more.headers },
});

const NOTHING_KEPT = { status: "queued", size: null, checksum: null, virtual_size: null };
const SIZE = "x-openstack-image-size";
const MD5_OF_NINE = "6feb8ac01a4400a728b482d0506c4beb";
const MD5_OF_NOTHING = "d41d8cd98f00b204e9800998ecf8427e";
const MIB = 1024 * 1024;
/** What is too much by one byte: of image_size_total a whole MiB is. */
const QUOTAS: [string, object, number][] = [
  ["user_storage_quota", { userStorageQuota: 8 }, 9],
  ["image_size_total", { imageSizeTotal: 0 }, MIB],
];
const CAPPED = { LIMITS: { imageSizeCapBytes: 8 } };

/** spec/data.md section 1.2. 410 and 409 of an upload that is under way are in src/routes/image-data.test.ts. */
const UPLOAD: Row[] = [
  upload("1.2", 204, "a body of known length", {
    answer: { body: "" },
    after: { status: "active", size: 9, checksum: MD5_OF_NINE, os_hash_algo: "sha512", stores: "file" },
  }),
  upload("1.2", 204, "a body in chunks, of unknown length", {
    chunked: true,
    after: { status: "active", size: 9, checksum: MD5_OF_NINE },
  }),
  upload("1.2", 204, "no byte at all, where the format is raw", {
    body: "",
    after: { status: "active", size: 0, checksum: MD5_OF_NOTHING, virtual_size: null },
  }),
  upload("1.1", 204, "the store that X-Image-Meta-Store names", {
    headers: { "x-image-meta-store": "r2" },
    after: { stores: "r2" },
  }),
  upload("1.1", 204, "a size that is kept", { headers: { [SIZE]: "9" }, chunked: true, after: { size: 9 } }),
  upload("1.2", 204, "an administrator of another project", { as: "admin", after: { status: "active" } }),
  upload("1.2", 400, "a size header that is no integer", {
    headers: { [SIZE]: "nine" },
    after: { status: "queued" },
  }),
  upload("1.2", 400, "a negative size header", { headers: { [SIZE]: "-1" }, after: { status: "queued" } }),
  upload("1.2", 400, "fewer bytes than announced", {
    headers: { [SIZE]: "10" },
    chunked: true,
    after: NOTHING_KEPT,
  }),
  upload("1.2", 400, "more bytes than announced", {
    headers: { [SIZE]: "8" },
    chunked: true,
    after: NOTHING_KEPT,
  }),
  upload("1.2", 400, "an unknown store", {
    headers: { "x-image-meta-store": "nowhere" },
    after: { status: "queued" },
  }),
  upload("1.2", 400, "an image without a disk_format", {
    given: { fields: { disk_format: null } },
    after: { status: "queued" },
  }),
  upload("1.2", 400, "an image without a container_format", {
    given: { fields: { container_format: null } },
    after: { status: "queued" },
  }),
  upload("1.2", 403, "a reader", { as: "reader", after: { status: "queued" } }),
  upload("1.2", 403, "another project, where the image is public", {
    given: PUBLIC,
    as: "other member",
    after: { status: "queued" },
  }),
  upload("1.2", 403, "a project that it is shared with", {
    given: { members: { other: "accepted" } },
    as: "other member",
  }),
  upload("1.2", 404, "an image that is invisible", { as: "other member", after: { status: "queued" } }),
  upload("1.2", 404, "an image that is absent", { send: `PUT ${ABSENT}/file` }),
  upload("1.2", 404, "an image that is deleted", { given: { fate: "deleted" } }),
  ...["saving", "uploading", "importing", "deactivated"].map((status) =>
    upload("1.2", 409, `an image that is ${status}`, { given: { columns: { status } }, after: { status } }),
  ),
  upload("1.2", 409, "an image that is active", {
    given: ACTIVE,
    body: "other",
    after: { status: "active", checksum: MD5_OF_NINE },
  }),
  upload("1.2", 413, "more than the cap, announced", {
    settings: CAPPED,
    headers: { [SIZE]: "9" },
    after: NOTHING_KEPT,
  }),
  upload("1.2", 413, "more than the cap, not announced", {
    settings: CAPPED,
    chunked: true,
    after: NOTHING_KEPT,
  }),
  ...QUOTAS.flatMap(([quota, limit, bytes]) => [
    upload("1.2", 413, `more than ${quota}, announced`, {
      settings: { QUOTAS: limit },
      headers: { [SIZE]: String(bytes) },
      body: long(bytes),
      after: NOTHING_KEPT,
    }),
    upload("1.2", 413, `more than ${quota}, not announced`, {
      settings: { QUOTAS: limit },
      body: long(bytes),
      chunked: true,
      after: NOTHING_KEPT,
    }),
    upload("1.2", 204, `just ${quota}`, {
      settings: { QUOTAS: limit },
      body: long(bytes - 1),
      chunked: true,
      after: { size: bytes - 1 },
    }),
  ]),
  upload("1.2", 413, "more uploads than image_count_uploading", {
    settings: { QUOTAS: { imageCountUploading: 0 } },
    after: NOTHING_KEPT,
  }),
  upload("1.1", 413, "more than image_size_total before 404", {
    send: `PUT ${ABSENT}/file`,
    settings: { QUOTAS: { imageSizeTotal: 0 } },
    headers: { [SIZE]: String(MIB) },
  }),
  upload("1.2", 410, "a store that is only read", {
    headers: { "x-image-meta-store": "web" },
    after: NOTHING_KEPT,
  }),
  upload("1.2", 204, "just the cap", {
    settings: { LIMITS: { imageSizeCapBytes: 9 } },
    chunked: true,
    after: { size: 9 },
  }),
  upload("1.2", 415, "another media type", {
    headers: { "content-type": "text/plain" },
    after: { status: "queued" },
  }),
  upload("1.1", 415, "another media type before 404", {
    send: `PUT ${ABSENT}/file`,
    headers: { "content-type": "text/plain" },
  }),
  upload("1.1", 400, "a bad size before 404", { send: `PUT ${ABSENT}/file`, headers: { [SIZE]: "x" } }),
  upload("1.1", 400, "an unknown store before 404", {
    send: `PUT ${ABSENT}/file`,
    headers: { "x-image-meta-store": "nowhere" },
  }),
  {
    row: "data §1.2: after a failure the same image is uploaded again at once",
    given: {},
    steps: [
      {
        send: "PUT {image}/file",
        headers: { ...OCTETS, [SIZE]: "8" },
        body: "ABCDEFGHI",
        chunked: true,
        expect: 400,
      },
      {
        send: "PUT {image}/file",
        headers: OCTETS,
        body: "ABCDEFGHI",
        expect: 204,
        after: { status: "active", size: 9 },
      },
    ],
  },
];

const download = (section: string, expect: number, what: string, more: More = {}): Row => ({
  row: `data §${section}: ${expect} for ${what}`,
  given: ACTIVE,
  send: "GET {image}/file",
  expect,
  ...more,
});

/** Section 2. */
const DOWNLOAD: Row[] = [
  download("2", 200, "the whole image", {
    answer: {
      headers: {
        "content-type": "application/octet-stream",
        "content-length": "9",
        "content-md5": MD5_OF_NINE,
        "content-range": null,
      },
      body: "ABCDEFGHI",
    },
  }),
  download("2", 200, "an image without a checksum, without Content-MD5", {
    given: { ...ACTIVE, columns: { checksum: null } },
    answer: { headers: { "content-md5": null } },
  }),
  ...["queued", "saving", "uploading", "importing"].map((status) =>
    download("2", 204, `an image without data that is ${status}`, {
      given: { columns: { status } },
      answer: { body: "" },
    }),
  ),
  download("2", 204, "an image whose bytes are gone from the store", { given: { ...ACTIVE, fate: "lost" } }),
  download("2", 204, "an image whose bytes are gone from R2", {
    given: { ...ACTIVE, store: "r2", fate: "lost" },
  }),
  download("2", 400, "a body", { body: "x" }),
  download("2", 403, "a reader of the owning project", { as: "reader" }),
  download("2", 403, "a reader where it is public", { given: { ...ACTIVE, ...PUBLIC }, as: "other reader" }),
  download("2", 200, "a member of any project where it is public", {
    given: { ...ACTIVE, ...PUBLIC },
    as: "other member",
  }),
  download("2", 200, "a project that it is shared with, accepted or not", {
    given: { ...ACTIVE, members: { other: "pending" } },
    as: "other member",
  }),
  download("2", 403, "the owner of an image that is deactivated", { given: DEACTIVATED }),
  download("2", 403, "others where a public image is deactivated", {
    given: { ...DEACTIVATED, ...PUBLIC },
    as: "other member",
  }),
  download("2", 200, "an administrator where it is deactivated", {
    given: DEACTIVATED,
    as: "admin",
    answer: { body: "ABCDEFGHI" },
  }),
  download("2", 404, "an image that is invisible", { as: "other member" }),
  download("2", 404, "an image that is absent", { send: `GET ${ABSENT}/file` }),
  download("2", 404, "an image that is deleted", { given: { ...ACTIVE, fate: "deleted" } }),
  download("2", 503, "a store that is not there any more", {
    given: { ...ACTIVE, store: "r2" },
    settings: { STORES: [{ id: "file", type: "memory" }] },
  }),
];

const range = (header: string, text: string, answered: string): Row =>
  download("2.1", 206, header, {
    headers: { range: header },
    answer: {
      headers: {
        "content-range": answered,
        "content-length": String(text.length),
        "content-md5": MD5_OF_NINE,
      },
      body: text,
    },
  });

const NO_CHOICE = { POLICY: { download_from_store: "!" } };

/** Section 2.1, the table of ranges, and sections 2.2 and 2.3. */
const RANGES: Row[] = [
  range("bytes=1-3", "BCD", "bytes 1-3/9"),
  range("bytes=0-", "ABCDEFGHI", "bytes 0-8/9"),
  range("bytes=-3", "GHI", "bytes 6-8/9"),
  range("bytes=-100", "ABCDEFGHI", "bytes 0-8/9"),
  range("bytes=4-100", "EFGHI", "bytes 4-8/9"),
  ...["bytes=9-", "bytes=5-2", "bytes=x-y", "octets=1-2"].map((header) =>
    download("2.1", 416, header, { headers: { range: header } }),
  ),
  download("2.1", 400, "several ranges", { headers: { range: "bytes=0-1,3-4" } }),
  download("2.1", 206, "a legacy Content-Range", {
    headers: { "content-range": "bytes 1-3/*" },
    answer: { headers: { "content-range": "bytes 1-3/9" }, body: "BCD" },
  }),
  download("2.1", 416, "a legacy Content-Range that is malformed", {
    headers: { "content-range": "bytes x-y/*" },
  }),
  download("2.1", 416, "a legacy Content-Range that cannot be had", {
    headers: { "content-range": "bytes 9-10/*" },
  }),
  download("2.1", 206, "a Range beside a Content-Range, which is ignored", {
    headers: { range: "bytes=0-0", "content-range": "bytes x-y/*" },
    answer: { body: "A" },
  }),
  download("2.1", 204, "a range of an image without data [DEV]", {
    given: {},
    headers: { range: "bytes=0-1" },
  }),
  download("2.1", 416, "any range of an empty image", {
    given: { data: "" },
    headers: { range: "bytes=0-" },
  }),
  download("2.1", 200, "an empty image", {
    given: { data: "" },
    answer: { headers: { "content-length": "0", "content-md5": MD5_OF_NOTHING }, body: "" },
  }),
  download("2.2", 206, "a range of an image in R2 [DEV]", {
    given: { ...ACTIVE, store: "r2" },
    headers: { range: "bytes=1-3" },
    answer: { body: "BCD" },
  }),
  download("2.3", 200, "a store that is preferred", { send: "GET {image}/file?prefer=file" }),
  download("2.3", 200, "a preferred store without a copy", { send: "GET {image}/file?prefer=r2,file" }),
  download("2.3", 400, "a preferred store that nobody knows", { send: "GET {image}/file?prefer=nowhere" }),
  download("2.3", 403, "a preferred store, where the policy forbids that", {
    send: "GET {image}/file?prefer=file",
    settings: NO_CHOICE,
  }),
  download("2.3", 200, "no preferred store, where the policy forbids that alone", { settings: NO_CHOICE }),
];

export const data: readonly Row[] = [...UPLOAD, ...DOWNLOAD, ...RANGES];
