import { AwsV4Signer } from "aws4fetch";
import { type S3Bucket, s3Url } from "./s3-address.ts";
import type { Sent } from "./sinks.ts";

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface S3Signing extends S3Bucket, S3Credentials {
  /** `auto`: as the endpoint's name says, otherwise us-east-1, which most servers accept. */
  readonly region: string;
}

export interface Signable {
  readonly method: string;
  /** Absent: the bucket itself. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Sent | string;
}

/** Signing keys by secret, day and region, as aws4fetch caches them: deriving one costs four digests per request. */
const signingKeys = new Map<string, ArrayBuffer>();
const MOST_SIGNING_KEYS = 100;

/**
 * The arguments for `fetch`. The body is not signed, so it can be a stream. Nor are the range and the accepted content
 * codings, because proxies may change those; no coding may change the bytes.
 */
export async function signedRequest(
  { accessKeyId, region, secretAccessKey, sessionToken, ...bucket }: S3Signing,
  { body, headers = {}, key, method, query }: Signable,
  now = new Date(),
): Promise<{ url: string; init: RequestInit & { headers: Headers } }> {
  const { range, ...signedHeaders } = headers;
  if (signingKeys.size > MOST_SIGNING_KEYS) signingKeys.clear();
  const signer = new AwsV4Signer({
    url: s3Url(bucket, key, query),
    method,
    headers: signedHeaders,
    accessKeyId,
    secretAccessKey,
    service: "s3",
    cache: signingKeys,
    datetime: now.toISOString().replace(/[:-]|\.\d{3}/g, ""),
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(region === "auto" ? {} : { region }),
  });
  const signed = await signer.sign();
  signed.headers.set("accept-encoding", "identity");
  if (range !== undefined) signed.headers.set("range", range);
  const init = { method, headers: signed.headers, redirect: "manual" } as const;
  return { url: signed.url.href, init: body === undefined ? init : { ...init, body } };
}
