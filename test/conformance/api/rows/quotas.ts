import type { Row } from "../row.ts";

/** spec/quotas.md sections 2 and 4. Quotas of a project and their concurrency are in tests of their own. */
export const quotas: readonly Row[] = [
  {
    row: "quotas §2: usage is empty where there are no limits",
    as: "auditor",
    send: "GET /v2/info/usage",
    expect: 200,
    answer: { body: '{"usage":{}}' },
  },
];
