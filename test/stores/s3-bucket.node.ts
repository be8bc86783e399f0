import { parseXml, type XmlElement } from "@rgrove/parse-xml";
import { AwsClient } from "aws4fetch";
import type { Kept } from "./kept.ts";
import type { S3Service } from "./services.ts";

export function bucketOf({ accessKeyId, bucket, endpoint, region, secretAccessKey }: S3Service): Kept {
  const client = new AwsClient({ accessKeyId, secretAccessKey, region, service: "s3", retries: 3 });
  const list = async (query: string, element: string) => {
    const answer = await client.fetch(`${endpoint}/${bucket}?${query}`);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`the bucket's listing answered ${answer.status}: ${text}`);
    const found = (parseXml(text).root?.children ?? []) as XmlElement[];
    return found
      .filter(({ name }) => name === element)
      .map(({ children }) => (children as XmlElement[]).find(({ name }) => name === "Key")?.text ?? "");
  };
  return {
    async kept() {
      const [objects, uploads] = await Promise.all([
        list("list-type=2", "Contents"),
        list("uploads=", "Upload"),
      ]);
      return [...objects.map((key) => `object ${key}`), ...uploads.map((key) => `upload ${key}`)].sort();
    },
    async put(key, body) {
      const { ok, status } = await client.fetch(`${endpoint}/${bucket}/${key}`, {
        method: "PUT",
        body: body as Uint8Array<ArrayBuffer>,
      });
      if (!ok) throw new Error(`the bucket answered ${status} to a put`);
    },
  };
}
