import { productOn } from "./product.node.ts";
import { bucketOf } from "./s3-bucket.node.ts";
import { servicesHere } from "./services.node.ts";
import type { S3Service } from "./services.ts";

/** With a bucket of its own, which the service makes. */
const subjectOf = (server: S3Service, bucket = `glimpse-${Date.now()}`) => {
  const s3 = { ...server, bucket };
  const location = (url: string, name: string) => `s3://${new URL(url).host}/${bucket}/${name}`;
  return {
    server: { target: s3.endpoint, secret: s3.secretAccessKey, open: async () => bucketOf(s3) },
    settings: (endpoint: string, secret_file: string) => ({
      ...{ type: "s3", endpoint, bucket, access_key_id: s3.accessKeyId, secret_file },
      ...{ region: s3.region, create_bucket: true },
      ...{ answer_seconds: 10, idle_seconds: 10, patience_seconds: 5 },
    }),
    location,
    faults: [
      { on: "^POST .*uploads=", act: { do: "answer", status: 500 } },
      { on: "^PUT ", act: { do: "resetAt", in: "request", bytes: 500_000 } },
      { on: "^PUT ", act: { do: "loseAnswer" } },
      { on: "^PUT ", act: { do: "answer", status: 503, early: true } },
      { on: "^PUT ", act: { do: "stallAt", in: "request", bytes: 500_000 } },
      { on: "^POST .*uploadId=", act: { do: "loseAnswer" } },
      { on: "^POST .*uploadId=", act: { do: "answer", status: 500 } },
      // Every time it is as the one before.
      {
        ...{ on: "^POST .*uploadId=", times: [1] },
        act: { do: "answer", status: 200, body: "<Error><Code>InternalError</Code></Error>" },
      },
    ],
    theirs: {
      put: (kept, name, body) => kept.put(name, body),
      location: (url, name) => location(url, name).replace("s3://", "s3://SOMEBODY:s3cr/et@"),
      refused: (url, name) => [location(url, name).replace(bucket, "another")],
    },
  } satisfies Parameters<typeof productOn>[1];
};

const server = servicesHere()["ceph-s3"];
productOn("ceph-s3", server && subjectOf(server));
