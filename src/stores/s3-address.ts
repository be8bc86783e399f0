import type { Location } from "./contract.ts";

/** Where a bucket's name stands: in the path, in the host name, or wherever the endpoint is known to want it. */
export const ADDRESSING = ["auto", "path", "virtual"] as const;

export interface S3Bucket {
  /** With a path if the service is not at the root of its host; without a slash at the end. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly addressing: (typeof ADDRESSING)[number];
}

/** Only Amazon wants the bucket in the host name; its TLS certificate covers no bucket name with a dot. */
const wantsVirtual = ({ hostname }: URL, bucket: string): boolean =>
  /(^|\.)amazonaws\.com(\.cn)?$/.test(hostname) && /^[a-z0-9-]+$/.test(bucket);

/** The URL of a key, or of the bucket itself. Keys need no escaping. */
export function s3Url(
  { addressing, bucket, endpoint }: S3Bucket,
  key = "",
  query: Readonly<Record<string, string>> = {},
): string {
  const url = new URL(endpoint);
  const base = url.pathname.replace(/\/+$/, "");
  const virtual = addressing === "virtual" || (addressing === "auto" && wantsVirtual(url, bucket));
  if (virtual) url.hostname = `${bucket}.${url.hostname}`;
  url.pathname = virtual ? `${base}/${key}` : `${base}/${bucket}${key && `/${key}`}`;
  url.search = new URLSearchParams(query).toString();
  return url.href;
}

/** The prefixes of locations in the bucket (spec/stores.md section 5.1); new locations get the first. */
export function s3Prefixes({
  bucket,
  endpoint,
}: Pick<S3Bucket, "bucket" | "endpoint">): [Location, ...Location[]] {
  const { host, pathname, protocol } = new URL(endpoint);
  const rest = `://${host}${pathname.replace(/\/+$/, "")}/${bucket}/`;
  return protocol === "https:" ? [`s3+https${rest}`] : [`s3${rest}`, `s3+http${rest}`];
}
