import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { type Control, controlPathOf, FOR_CLIENT, PART_BYTES } from "../../protocol/control.ts";
import { type SigningKey, sign, UNSIGNED_PAYLOAD } from "../../protocol/signing.ts";
import { app } from "../../src/app.ts";
import { member, tokenOf } from "./catalogue.ts";
import { held } from "./held.ts";

export const KEY = { id: "a1", secret: "the secret of relay a, of which only tests know" };
export const NEXT_KEY = { id: "a2", secret: "the next secret of relay a, for when it is rotated" };
export const OTHER_KEY = { id: "b1", secret: "the secret of relay b, which has nothing to do with a" };

const VARS = {
  RELAYS: [{ id: "a", url: "http://127.0.0.1:1" }, { id: "b" }],
  RELAY_KEYS: [
    { relay: "a", ...KEY },
    { relay: "a", ...NEXT_KEY },
    { relay: "b", ...OTHER_KEY },
  ],
  STORES: [
    { id: "file", type: "relay", relay: "a", kind: "memory" },
    { id: "r2", type: "r2" },
  ],
  QUOTAS: { projects: [{ id: "limited", userStorageQuota: "80MB" }] },
};

export const NOW = Date.now();
export const boot = (startedAt = NOW, id = "life 2") => ({ id, startedAt });
export const HASHES = { checksum: "0".repeat(32), hashAlgo: "sha512", hashValue: "0".repeat(128) };
export const WRITTEN = { size: 5, ...HASHES };

/** What is a store of relay `a` otherwise is a bucket, to which that relay carries bytes. */
export const CARRIED = {
  STORES: [
    {
      ...{ id: "file", type: "s3", endpoint: "http://127.0.0.1:1", bucket: "images", accessKeyId: "AKIA" },
      carriers: ["a"],
    },
  ],
  STORE_SECRETS: [{ store: "file", secret: "hunter2" }],
};

/** Over what a proper request has: the key of relay `a`, a member of project `p1`, this moment. */
export interface Asking {
  readonly key?: SigningKey;
  readonly json?: unknown;
  readonly part?: string;
  readonly headers?: Record<string, string>;
  readonly at?: number;
  /** Over the worker's own. */
  readonly vars?: object;
}

/** A signed request as a relay makes it, not yet sent. */
export async function signed(control: Control, asking: Asking = {}): Promise<Request> {
  const { key = KEY, json, part, headers, at = Date.now() } = asking;
  const method = part !== undefined ? "PUT" : control.what === "file" ? "GET" : "POST";
  const path = controlPathOf(control);
  const query = part === undefined ? "" : `${PART_BYTES}=${part.length}`;
  const text = json === undefined ? "" : JSON.stringify(json);
  const payload = part === undefined ? Uint8Array.from(new TextEncoder().encode(text)) : UNSIGNED_PAYLOAD;
  const signature = await sign(key, { method, path, query }, payload, at);
  return new Request(`http://glimpse${path}${query && `?${query}`}`, {
    method,
    headers: {
      accept: "application/json",
      "x-auth-token": await tokenOf(member("p1")),
      ...(part === undefined
        ? { "content-type": "application/json" }
        : { "content-type": "application/octet-stream", "content-length": String(part.length) }),
      ...headers,
      ...signature,
    },
    ...(method === "GET" ? {} : { body: part ?? text }),
  });
}

/** The answer, held against the document together with the request: no other client speaks this protocol. */
export async function send(request: Request, vars: object = {}): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const isText = request.method === "POST";
  const body = isText ? await request.clone().text() : undefined;
  const response = await app.fetch(request, { ...env, ...VARS, ...vars } as never, createExecutionContext());
  return held(request, response, { target: pathname + search, body });
}

export async function said(request: Request, vars?: object) {
  const response = await send(request, vars);
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") && text !== "";
  return {
    status: response.status,
    forClient: response.headers.has(FOR_CLIENT),
    headers: response.headers,
    body: isJson ? JSON.parse(text) : text,
  };
}

export const asked = async (control: Control, asking: Asking = {}) =>
  said(await signed(control, asking), asking.vars);

/** The same request to be sent two times. */
export async function twice(request: Request): Promise<[Request, Request]> {
  const { url, method, headers } = request;
  const body = await request.text();
  return [new Request(url, { method, headers, body }), new Request(url, { method, headers, body })];
}

/** What a relay says of an upload that a client asks for. */
export const uploadHeaders = (more: Record<string, string> = {}) => ({
  boot: boot(),
  headers: { "content-type": "application/octet-stream", ...more },
});

export const IN_R2 = { "x-image-meta-store": "r2" };
