import { ACTIVE, PATCH, type Row } from "../row.ts";
import { op } from "./images-patch.ts";

const limited = (limits: object) => ({ QUOTAS: limits });
const ALL = { imageSizeTotal: 5, imageStageTotal: 6, imageCountTotal: 7, imageCountUploading: 8 };
const usage = (used: number, limit: number) => ({ usage: used, limit });

/** A second copy of nine bytes, where two images have nine each. */
const location = (expect: number, what: string, userStorageQuota: number): Row => ({
  row: `quotas §3: ${expect} for ${what}`,
  given: [ACTIVE, { ...ACTIVE, store: "r2" }],
  send: "PATCH {image}",
  headers: PATCH,
  serviceToken: "service",
  body: [op("add", "/locations/-", { url: "r2://glimpse-images/{id2}", metadata: {} })],
  settings: { ...limited({ userStorageQuota }), LOCATIONS: { showMultipleLocations: true } },
  expect,
  after: { stores: expect === 200 ? "file,r2" : "file" },
});

/** spec/quotas.md. That they hold under concurrency is in src/routes/quotas.test.ts. */
export const quotas: readonly Row[] = [
  {
    row: "quotas §2: usage is empty where there are no limits",
    as: "auditor",
    send: "GET /v2/info/usage",
    expect: 200,
    answer: { body: '{"usage":{}}' },
  },
  {
    row: "quotas §2: usage has four limits, each with what is used of it",
    given: ACTIVE,
    send: "GET /v2/info/usage",
    settings: limited(ALL),
    expect: 200,
    answer: {
      body: {
        usage: {
          image_size_total: usage(0, 5),
          image_stage_total: usage(0, 6),
          image_count_total: usage(1, 7),
          image_count_uploading: usage(0, 8),
        },
      },
    },
  },
  {
    row: "quotas §2: what is not limited is -1",
    send: "GET /v2/info/usage",
    settings: limited({ imageCountTotal: 1 }),
    expect: 200,
    answer: { body: { usage: { image_count_total: usage(0, 1), image_size_total: usage(0, -1) } } },
  },
  {
    row: "quotas §2: an image that is saving counts as uploading",
    given: { columns: { status: "saving" } },
    send: "GET /v2/info/usage",
    settings: limited(ALL),
    expect: 200,
    answer: { body: { usage: { image_count_uploading: usage(1, 8), image_count_total: usage(1, 7) } } },
  },
  {
    row: "quotas §2: usage is the caller's project's",
    given: ACTIVE,
    as: "other member",
    send: "GET /v2/info/usage",
    settings: limited(ALL),
    expect: 200,
    answer: { body: { usage: { image_count_total: usage(0, 7) } } },
  },
  {
    row: "quotas §1: 413 for an image more than the project may have",
    given: {},
    send: "POST /v2/images",
    body: {},
    settings: limited({ imageCountTotal: 1 }),
    expect: 413,
  },
  {
    row: "quotas §1: 201 for the last image that the project may have",
    given: {},
    send: "POST /v2/images",
    body: {},
    settings: limited({ imageCountTotal: 2 }),
    expect: 201,
  },
  {
    row: "quotas §1: a deleted image counts no more",
    given: { fate: "deleted" },
    send: "POST /v2/images",
    body: {},
    settings: limited({ imageCountTotal: 1 }),
    expect: 201,
  },
  {
    row: "quotas §1: -1 is no limit",
    given: {},
    send: "POST /v2/images",
    body: {},
    settings: limited({ imageCountTotal: -1 }),
    expect: 201,
  },
  location(413, "a location that user_storage_quota has no room for", 26),
  location(200, "a location that user_storage_quota has just room for", 27),
];
