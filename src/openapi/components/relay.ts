import { z } from "zod";
import { abort, begin, boot, completion, extension, heartbeat, unused } from "../../routes/relay-requests.ts";
import { HASH_ALGOS } from "../../stores/contract.ts";
import { ref, type Schema } from "../describe.ts";
import { CHECKSUM_EXAMPLE, SHA512_EXAMPLE } from "../examples.ts";

const text = (description: string): Schema => ({ type: "string", description });
const bytes = (description: string): Schema => ({
  type: "integer",
  format: "int64",
  minimum: 0,
  description,
});
const seconds = (description: string): Schema => ({ type: "number", description });

/** The worker's answers to a relay (protocol/control.ts). */
export const relaySchemas: Readonly<Record<string, Schema>> = {
  UploadGrant: {
    type: "object",
    description: "How an upload is to be done. But for `how`, what there is depends on it",
    properties: {
      how: {
        type: "string",
        enum: ["forward", "store", "parts"],
        description:
          "`forward`: the client's request goes to the worker as it is. `store`: the bytes go into the relay's own store. `parts`: they go to the worker in parts",
      },
      lease: text("Names this upload in what follows; not where it is `forward`"),
      size: bytes("What the client announced; absent when it does not know"),
      maxBytes: bytes("How many bytes may be written at most"),
      grantedBytes: bytes("How many may be written for now, where there is a quota"),
      hashAlgo: {
        type: "string",
        enum: HASH_ALGOS,
        description: "What the bytes are hashed with, beside MD5",
      },
      leaseSeconds: seconds("The lease ends when nothing is heard of it for so long, in seconds"),
      heartbeatSeconds: seconds("How often it is to be heard of, in seconds"),
      stallSeconds: seconds("An upload of which no byte moves for so long, in seconds, is given up"),
      store: text("Of `store`: the store"),
      key: text("Of `store`: the name of the bytes in it"),
      location: text("Of `store`: the URL that they will have"),
      partBytes: bytes("Of `parts`: the size of each part but the last one, in bytes"),
      maxParts: { type: "integer", minimum: 1, description: "Of `parts`: how many there are at most" },
    },
    required: ["how"],
    example: { how: "forward" },
  },
  DownloadGrant: {
    type: "object",
    description: "What the client of a download is to be answered, and where the bytes are",
    properties: {
      size: bytes("Bytes of the whole image"),
      range: {
        description: "The bytes that the client is to have; absent for all of them",
        ...ref("ByteRange"),
      },
      status: { type: "integer", enum: [200, 206], description: "The status of the client's answer" },
      headers: {
        type: "object",
        description: "The headers of the client's answer",
        additionalProperties: { type: "string" },
      },
      hash: { description: "What the bytes hash to; absent where nobody knows", ...ref("ContentHash") },
      locations: {
        type: "array",
        items: ref("StoredCopy"),
        description: "Where this relay can read them itself, the best place first",
      },
    },
    required: ["size", "status", "headers", "locations"],
    example: {
      size: 434_110_464,
      status: 200,
      headers: { "content-type": "application/octet-stream", "content-length": "434110464" },
      locations: [],
    },
  },
  ByteRange: {
    type: "object",
    description: "First and last byte, both counted from 0 and both included",
    properties: { start: bytes("The first byte"), end: bytes("The last byte") },
    required: ["start", "end"],
  },
  ContentHash: {
    type: "object",
    description: "A digest",
    properties: { algo: text("Algorithm"), value: text("Digest, in hexadecimal") },
    required: ["algo", "value"],
  },
  StoredCopy: {
    type: "object",
    description: "A place where the bytes of an image are",
    properties: {
      id: { type: "integer", description: "Of this place among those of the image" },
      store: text("Id of the store"),
      url: text("URL of the bytes in it"),
      metadata: {
        type: "object",
        description: "What is said of the place",
        additionalProperties: { type: "string" },
      },
    },
    required: ["store", "url"],
  },
  QuotaGrant: {
    type: "object",
    description: "What an upload may write",
    properties: {
      grantedBytes: bytes("Bytes in all; no more than before where the quota is used up"),
    },
    required: ["grantedBytes"],
  },
};

const RelayBoot = boot
  .extend({
    id: boot.shape.id.meta({ description: "New with every start of the relay" }),
    startedAt: boot.shape.startedAt.meta({ description: "When it started, in milliseconds since the epoch" }),
  })
  .meta({
    id: "RelayBoot",
    description: "One life of a relay",
    examples: [{ id: "4f0c3e8a", startedAt: 1_795_600_000_000 }],
  });

/** The schemas with which a relay's requests are validated, described. */
export const relayRequests = {
  RelayBoot,
  RelayUpload: z
    .object({
      ...begin.shape,
      boot: RelayBoot,
      headers: begin.shape.headers.meta({
        description:
          "Of the client's headers those that say what it uploads and where to: `content-type`, `content-length`, `x-openstack-image-size`, `x-image-meta-store`",
      }),
      asksForMore: begin.shape.asksForMore.meta({ description: "The relay heeds `grantedBytes`" }),
      unused: unused
        .extend({
          key: unused.shape.key.meta({ description: "The image's id as the client gave it" }),
          stores: unused.shape.stores.meta({ description: "Those of the relay's stores" }),
        })
        .meta({ description: "Where the relay found nothing under a key, so that the worker need not ask" })
        .optional(),
    })
    .meta({
      id: "RelayUpload",
      description: "The upload that a client of a relay wants",
      examples: [
        {
          boot: { id: "4f0c3e8a", startedAt: 1_795_600_000_000 },
          headers: { "content-type": "application/octet-stream", "content-length": "434110464" },
          asksForMore: true,
          unused: { key: "71c675ab-d94f-49cd-a114-e12490b328d9", stores: ["file"] },
        },
      ],
    }),
  RelayHeartbeat: heartbeat.meta({
    id: "RelayHeartbeat",
    description: "A sign of life, which says nothing more",
    examples: [{}],
  }),
  QuotaRequest: extension
    .extend({
      bytes: extension.shape.bytes.meta({ description: "How many bytes the upload would have in all" }),
    })
    .meta({
      id: "QuotaRequest",
      description: "A wish for more of the quota",
      examples: [{ bytes: 134_217_728 }],
    }),
  RelayCompletion: completion
    .extend({
      size: completion.shape.size.meta({ description: "How many bytes were written" }),
      checksum: completion.shape.checksum.meta({ description: "Their MD5, in hexadecimal" }),
      hashAlgo: completion.shape.hashAlgo.meta({ description: "Algorithm of `hashValue`" }),
      hashValue: completion.shape.hashValue.meta({ description: "Their digest, in hexadecimal" }),
    })
    .meta({
      id: "RelayCompletion",
      description: "What a relay wrote, and what it hashes to",
      examples: [
        { size: 434_110_464, checksum: CHECKSUM_EXAMPLE, hashAlgo: "sha512", hashValue: SHA512_EXAMPLE },
      ],
    }),
  RelayAbort: abort
    .extend({
      keyTaken: abort.shape.keyTaken.meta({
        description: "The key turned out to hold bytes of somebody else, which are not to be removed",
      }),
    })
    .meta({ id: "RelayAbort", description: "Why an upload is given up", examples: [{ keyTaken: false }] }),
};
