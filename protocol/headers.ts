/** Carries the signature (signing.ts). */
export const AUTHORIZATION = "authorization";

/** The id under which both edge and relay log a request. */
export const REQUEST_ID = "x-openstack-request-id";

/** Sent with the bytes of a blob or of a range of it: the size of the whole blob. */
export const BLOB_SIZE = "x-glimpse-blob-size";

/** A body in frames (frames.ts). */
export const FRAMES = "application/vnd.glimpse.frames";
export const NDJSON = "application/x-ndjson";
