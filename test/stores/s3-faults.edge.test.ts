import { inject } from "vitest";
import { S3Client } from "../../src/stores/s3-client.ts";
import type { Xml } from "../../src/stores/s3-xml.ts";
import { faults } from "./faults.ts";
import { openS3 } from "./open-s3.ts";
import type { S3Service } from "./services.ts";

const MiB = 1024 * 1024;
const { faultControl, services } = inject("stores");
const service = services["ceph-s3"];

/** Every object and every upload in parts whose key begins so, page by page. */
async function kept(s3: S3Service, prefix: string): Promise<string[]> {
  const client = new S3Client({
    ...{ id: "s3", addressing: "path", answerSeconds: 30, patienceSeconds: 5, retryMilliseconds: 50 },
    ...s3,
  });
  const list = (query: Record<string, string>, root: string): Promise<Xml> =>
    client.document({ method: "GET", purpose: "read", query: { ...query, prefix } }, root);
  const objects = await list({ "list-type": "2" }, "ListBucketResult");
  const uploads = await list({ uploads: "" }, "ListMultipartUploadsResult");
  return [
    ...objects.all("Contents").map((object) => `object ${object.text("Key")}`),
    ...uploads.all("Upload").map((upload) => `upload ${upload.text("Key")}`),
  ];
}

if (service)
  faults(
    "ceph-s3",
    {
      target: service.endpoint,
      direct: openS3(service),
      open: (endpoint, times) =>
        openS3(service, {
          ...{ endpoint, retryMilliseconds: 30, leastBytesPerSecond: 10 * MiB },
          ...{ ...times, idleSeconds: times.answerSeconds },
        }),
      kept: (prefix) => kept(service, prefix),
      stages: {
        put: "^PUT [^?]*$",
        begin: "^POST .*[?]uploads=",
        part: "^PUT .*partNumber=",
        complete: "^POST .*[?]uploadId=",
        look: "^HEAD ",
        get: "^GET [^?]*/[^/?]*-[^/?]*$",
        remove: "^DELETE ",
      },
      bodies: { buffered: MiB, streamed: 6 * MiB, parts: 6 * MiB },
    },
    faultControl,
  );
