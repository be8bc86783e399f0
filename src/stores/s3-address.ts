import type { Location } from "./contract.ts";

/** How a bucket is named: in the path, in the host's name, or as the endpoint is known to want it. */
export const ADDRESSING = ["auto", "path", "virtual"] as const;

export interface S3Bucket {
  /** With a path where the service is not at the root of its host; without a slash at the end. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly addressing: (typeof ADDRESSING)[number];
}

/** Amazon alone asks for the bucket in the host's name; whose TLS certificate covers no name with a dot in it. */
const wantsVirtual = ({ hostname }: URL, bucket: string): boolean =>
  /(^|\.)amazonaws\.com(\.cn)?$/.test(hostname) && /^[a-z0-9-]+$/.test(bucket);

/** The URL of a key, or of the bucket itself. Keys are such that they stand in a URL as they are. */
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

/** What locations in the bucket begin with (spec/stores.md section 5.1); the first is the form that new ones get. */
export function s3Prefixes({
  bucket,
  endpoint,
}: Pick<S3Bucket, "bucket" | "endpoint">): [Location, ...Location[]] {
  const { host, pathname, protocol } = new URL(endpoint);
  const rest = `://${host}${pathname.replace(/\/+$/, "")}/${bucket}/`;
  return protocol === "https:" ? [`s3+https${rest}`] : [`s3${rest}`, `s3+http${rest}`];
}
