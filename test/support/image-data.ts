import { createExecutionContext } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { app } from "../../src/app.ts";
import { configOf, type Env } from "../../src/env.ts";
import { isWritable } from "../../src/stores/contract.ts";
import { openStores } from "../../src/stores/open.ts";
import { member, type Persona, tokenOf } from "./catalogue.ts";

export interface DataRequest {
  /** By default a member of project `p1`. */
  readonly as?: Persona;
  /** Over those of a proper request; an empty one is left out. */
  readonly headers?: Record<string, string>;
  readonly body?: BodyInit | null;
  readonly query?: string;
  /** Vars over those of the test ring. */
  readonly env?: Partial<Env>;
}

async function data(method: string, id: string, asked: DataRequest): Promise<Response> {
  const headers = new Headers({ "x-auth-token": await tokenOf(asked.as ?? member("p1")), ...asked.headers });
  for (const [name, value] of [...headers]) if (value === "") headers.delete(name);
  const init = { method, headers, body: asked.body ?? null };
  const request = new Request(`http://glimpse/v2/images/${id}/file${asked.query ?? ""}`, init);
  if (!asked.env) return exports.default.fetch(request);
  return app.fetch(request, { ...env, ...asked.env }, createExecutionContext());
}

/** `PUT /v2/images/{id}/file`: the status, with the text of a refusal read so that nothing stays open. */
export async function putData(id: string, asked: DataRequest = {}): Promise<number> {
  const type = { "content-type": "application/octet-stream" };
  const response = await data("PUT", id, { ...asked, headers: { ...type, ...asked.headers } });
  await response.arrayBuffer();
  return response.status;
}

export interface Data {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export async function getData(id: string, asked: DataRequest = {}, method = "GET"): Promise<Data> {
  const response = await data(method, id, asked);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** A body whose length is not announced. */
export function unannounced(body: ReadableStream<Uint8Array> | string): ReadableStream<Uint8Array> {
  const stream = typeof body === "string" ? new Blob([body]).stream() : body;
  return stream.pipeThrough(new IdentityTransformStream());
}

/** What every store of the test ring holds for an image: nothing is left over where this is empty. */
export const keysOf = (id: string): Promise<string[]> => keysFrom(id);

/** What every store of the test ring holds at all. */
export const allKeys = (): Promise<string[]> => keysFrom("");

async function keysFrom(prefix: string): Promise<string[]> {
  const configured = configOf(env);
  if (!configured.ok) throw new Error(configured.problems.join());
  const keys: string[] = [];
  for (const [name, store] of openStores(configured.config, env))
    if (isWritable(store)) for await (const key of store.list(prefix)) keys.push(`${name}/${key}`);
  return keys;
}
