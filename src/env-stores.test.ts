import { expect, test } from "vitest";
import { type Env, readConfig } from "./env.ts";

const bucket = { endpoint: "http://10.0.0.5:7480", bucket: "images", accessKeyId: "AKIA" };
const good = {
  STORES: [{ id: "cold", type: "s3", ...bucket }],
  STORE_SECRETS: [{ store: "cold", secret: "hunter2" }],
  IDENTITY: { mode: "embedded" },
  TOKEN_SIGNING_KEY: "0123456789012345678901234567890123456789",
};
const read = (vars: object) => readConfig(vars as unknown as Env);
const problemsOf = (vars: object) => {
  const result = read({ ...good, ...vars });
  return result.ok ? [] : result.problems;
};
const store = (more: object) => ({ STORES: [{ id: "cold", type: "s3", ...bucket, ...more }] });

test("a bucket needs an address, a name and a key; the rest has defaults, and its secret may be JSON", () => {
  const secrets = [{ store: "cold", secret: "hunter2", sessionToken: "lent" }];
  for (const STORE_SECRETS of [secrets, JSON.stringify(secrets)])
    expect(read({ ...good, STORE_SECRETS })).toMatchObject({
      ok: true,
      config: {
        stores: [
          {
            ...{ region: "auto", addressing: "auto", createBucket: false },
            ...{ weight: 0, thresholdBytes: 100 * 1024 * 1024 },
            ...{ answerSeconds: 60, idleSeconds: 60, patienceSeconds: 30 },
          },
        ],
        storeSecrets: secrets,
      },
    });
});

test.each<[string, object, string]>([
  ["an endpoint with a user", store({ endpoint: "http://u:p@h" }), "STORES.0.endpoint has more than"],
  ["an endpoint with a query", store({ endpoint: "http://h/?a" }), "STORES.0.endpoint has more than"],
  ["an endpoint that is none", store({ endpoint: "h:7480" }), "STORES.0.endpoint"],
  ["a bucket with a slash", store({ bucket: "a/b" }), "STORES.0.bucket is not the name of a bucket"],
  ["a part that servers refuse", store({ partBytes: 1024 }), "STORES.0.partBytes"],
  ["a part that memory does not hold", store({ partBytes: 64 * 1024 * 1024 }), "STORES.0.partBytes"],
  ["a threshold past one put", store({ thresholdBytes: 6 * 1024 ** 3 }), "STORES.0.thresholdBytes"],
  ["no time to answer", store({ answerSeconds: 0 }), "STORES.0.answerSeconds"],
  ["patience for an hour", store({ patienceSeconds: 3600 }), "STORES.0.patienceSeconds"],
  ["another way of addressing", store({ addressing: "dns" }), "STORES.0.addressing"],
  ["a secret among the stores", store({ secretAccessKey: "hunter2" }), "STORES.0"],
  [
    "a carrier that nobody knows",
    store({ carriers: ["away"] }),
    "STORES names a carrier that is not in RELAYS",
  ],
  ["no secret", { STORE_SECRETS: [] }, "STORE_SECRETS must have one secret for each store"],
  [
    "two secrets of a store",
    { STORE_SECRETS: [...good.STORE_SECRETS, ...good.STORE_SECRETS] },
    "STORE_SECRETS must have one secret for each store",
  ],
  [
    "a secret of nobody",
    { STORE_SECRETS: [...good.STORE_SECRETS, { store: "gone", secret: "hunter2" }] },
    "STORE_SECRETS has a secret of a store that is not in STORES",
  ],
  ["no list", { STORE_SECRETS: "hunter2" }, "STORE_SECRETS is not a list of"],
])("%s is refused by name, and no value is said", (_what, vars, problem) => {
  const problems = problemsOf(vars).join("\n");
  expect(problems).toContain(problem);
  expect(problems).not.toContain("hunter2");
});

test("all that is wrong with stores and their secrets is said together", () => {
  const problems = problemsOf({ ...store({ bucket: "", accessKeyId: "" }), STORE_SECRETS: [] }).join("\n");
  for (const name of ["STORES.0.bucket", "STORES.0.accessKeyId", "STORE_SECRETS"])
    expect(problems).toContain(name);
});
