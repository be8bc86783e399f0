/** Numbers that the platform or the API fixes, each with its source. What an operator may choose is in `env.ts`. */

const KiB = 1024;
const MiB = 1024 * KiB;

/** The reference sets no bound on JSON; an isolate has 128 MB for all its requests (spec/image-api-v2.md section 2.4). */
export const JSON_BODY_BYTES = 2 * MiB;

/** What a TEXT column of the reference holds (spec/rbac.md section 7). */
export const PROPERTY_VALUE_BYTES = 65_535;

/**
 * All properties of one image, and all its tags, as the JSON they are read as: the database hands out no string over
 * 2 MB, and an image with more of either could not be shown (workers-facts: D1).
 */
export const METADATA_JSON_BYTES = 1 * MiB;

/** All locations of one image with their metadata, likewise: beside properties and tags they fit a row of 2 MB. */
export const LOCATIONS_JSON_BYTES = 512 * KiB;

/** Tasks of one image in an answer, which has no pages: as many as a page of a list, of some 2 KiB each. */
export const IMAGE_TASKS = 1000;

/** Characters of a caller's request id; longer ones are a 431 (spec/rbac.md section 7). */
export const REQUEST_ID_CHARS = 64;

/** The default reader hands out 4 KiB at a time and costs up to 15 times as much (workers-facts: request behaviour). */
export const READ_BYTES = 1 * MiB;

/** As soon as there is so much a client is given it: whoever waits for more of a slow source seems to stall. */
export const PASSED_BYTES = 64 * 1024;

/**
 * A client that is refused while it sends is read to its end within these bounds, so that it finds the answer:
 * workerd drops the connection 64 KiB after an answer that leaves the body unread.
 */
export const DRAIN_BYTES = 64 * 1024 * MiB;
export const DRAIN_SECONDS = 300;

/** A client that may not upload at all is heard out for less. */
export const DRAIN_BYTES_UNAUTHORIZED = 4 * 1024 * MiB;

/**
 * What an upload of unknown length reserves of a quota at a time: at first, doubled with each step, and at most. Of a rest
 * that is smaller than `shares` times that it takes its share, `least` of it at least.
 */
export const RESERVATION_BYTES = { first: 64 * MiB, most: 1024 * MiB, least: MiB, shares: 8 } as const;

/** R2 and S3 take at most this many parts of one size (workers-facts: R2). */
export const MAX_PARTS = 10_000;

/** The largest body of one R2 put (workers-facts: R2). */
export const R2_PUT_BYTES = 5 * 1024 * MiB - 5 * MiB;

/** What one transfer may hold in buffers: an isolate has 128 MB for all its requests. */
export const BUFFER_BYTES = 16 * MiB;

/** Bound parameters of one D1 statement (workers-facts: D1). */
export const D1_PARAMETERS = 100;

/** How far a relay's clock may differ from ours, and so how long its nonces are remembered (design section 6). */
export const RELAY_CLOCK_SECONDS = 60;

/**
 * A part of an upload through a relay: well under the 100 MB that Cloudflare takes in a request of most plans
 * (workers-facts: limits), and with `MAX_PARTS` 156 GiB where the length is unknown. The relay holds two of an upload.
 */
export const RELAY_PART_BYTES = 16 * MiB;

/** The largest part that still fits such a request, for images whose length is known to need it. */
export const RELAY_PART_BYTES_MOST = 90 * MiB;

/** An answer of Keystone: a token without its catalogue has about 1 KiB, a list of limits a few hundred of them. */
export const KEYSTONE_ANSWER_BYTES = 1 * MiB;
