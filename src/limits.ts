/** Numbers that the platform or the API fixes, each with its source. What an operator may choose is in `env.ts`. */

const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * The reference has no limit for JSON; an isolate has 128 MB for all its requests (spec/image-api-v2.md section 2.4).
 */
export const JSON_BODY_BYTES = 2 * MiB;

/** The size of a TEXT column in the reference (spec/rbac.md section 7). */
export const PROPERTY_VALUE_BYTES = 65_535;

/**
 * The limit for all properties of one image, and for all its tags, as JSON: the database returns no string over 2 MB,
 * so an image with more of either could not be shown (workers-facts: D1).
 */
export const METADATA_JSON_BYTES = 1 * MiB;

/**
 * The limit for all locations of one image with their metadata: together with properties and tags they fit a row of 2
 * MB.
 */
export const LOCATIONS_JSON_BYTES = 512 * KiB;

/** The most tasks of one image in an answer, which has no pages: as many as a page of a list, about 2 KiB each. */
export const IMAGE_TASKS = 1000;

/** The longest request id of a caller, in characters; a longer one is a 431 (spec/rbac.md section 7). */
export const REQUEST_ID_CHARS = 64;

/** The default reader returns 4 KiB at a time and costs up to 15 times as much (workers-facts: request behaviour). */
export const READ_BYTES = 1 * MiB;

/**
 * Once this much has been read it is passed to the client: a client that waits for more from a slow source seems to
 * stall.
 */
export const PASSED_BYTES = 64 * 1024;

/**
 * A client that is refused while it is sending is read to its end within these bounds, so that it gets the answer:
 * workerd drops the connection 64 KiB after an answer that leaves the body unread.
 */
export const DRAIN_BYTES = 64 * 1024 * MiB;
export const DRAIN_SECONDS = 300;

/** Less of a body is read from a client that may not upload at all. */
export const DRAIN_BYTES_UNAUTHORIZED = 4 * 1024 * MiB;

/**
 * How much of a quota an upload of unknown length reserves at a time: `first`, doubled with each step, up to `most`. If
 * less than `shares` times that is left, it takes its share of what is left, but at least `least`.
 */
export const RESERVATION_BYTES = { first: 64 * MiB, most: 1024 * MiB, least: MiB, shares: 8 } as const;

/** R2 and S3 allow at most this many parts of one size (workers-facts: R2). */
export const MAX_PARTS = 10_000;

/** The largest body of one R2 put (workers-facts: R2). */
export const R2_PUT_BYTES = 5 * 1024 * MiB - 5 * MiB;

/** The most that one transfer may buffer: an isolate has 128 MB for all its requests. */
export const BUFFER_BYTES = 16 * MiB;

/** How far a relay's clock may differ from ours, and so how long its nonces are remembered (design section 6). */
export const RELAY_CLOCK_SECONDS = 60;

/**
 * The size of a part in an upload through a relay: well under the 100 MB that Cloudflare accepts per request on most
 * plans (workers-facts: limits), and with `MAX_PARTS` enough for 156 GiB of unknown length. The relay holds two parts
 * per upload.
 */
export const RELAY_PART_BYTES = 16 * MiB;

/** The largest part that still fits such a request, for images whose known length requires it. */
export const RELAY_PART_BYTES_MOST = 90 * MiB;

/** The largest answer of Keystone: a token without its catalogue has about 1 KiB, a list of limits a few hundred KiB. */
export const KEYSTONE_ANSWER_BYTES = 1 * MiB;
