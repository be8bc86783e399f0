import { env } from "cloudflare:workers";
import { expect, inject } from "vitest";
import type { Control } from "../../protocol/control.ts";
import { ask, created } from "../support/catalogue.ts";
import { getData, putData } from "../support/image-data.ts";
import { type Asking, asked, IN_R2, uploadHeaders, WRITTEN } from "../support/relay-requests.ts";
import { COUNTED } from "./asked.ts";

/** A request of the API that must succeed. */
export async function api(method: string, path: string, body?: unknown) {
  const answer = await ask(method, `/v2/images${path}`, { body, env: COUNTED });
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  return answer.body;
}

/** A request of the relay that keeps the file store, which must succeed. */
export async function relay(control: Control, asking: Asking = {}) {
  const { RELAYS, RELAY_KEYS, STORES } = env;
  const vars = { RELAYS, RELAY_KEYS, STORES, ...COUNTED };
  const answer = await asked(control, { key: inject("relay").key, vars, ...asking });
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  return answer.body;
}

export const show = (image: string) => api("GET", `/${image}`);
export const create = (fields: object) => api("POST", "", fields);
export const remove = (image: string) => api("DELETE", `/${image}`);
export const list = (query = "") => api("GET", `?limit=5${query}`);

/** Straight to the worker, which sends the bytes to the relay. */
export const upload = (image: string) => uploadTo(image, {});

async function uploadTo(image: string, headers: Record<string, string>): Promise<void> {
  expect(await putData(image, { body: "image", headers, env: COUNTED })).toBe(204);
}

/** Straight from the worker. */
export async function download(image: string): Promise<void> {
  expect(await getData(image, { env: COUNTED })).toMatchObject({ status: 200, text: "image" });
}

/** Through the front door: what the relay asks for an upload of which it keeps the bytes. */
export async function uploadAtDoor(image: string): Promise<void> {
  const unused = { key: image, stores: ["file"] };
  const { lease } = await relay({ what: "uploads", image }, { json: { ...uploadHeaders(), unused } });
  await relay({ what: "complete", image, lease }, { json: WRITTEN });
}

export const downloadAtDoor = (image: string) => relay({ what: "file", image });

/** The same of bytes that are not the relay's: it passes on what its client asked. */
export async function downloadThroughDoor(image: string): Promise<void> {
  expect(await downloadAtDoor(image)).toMatchObject({ locations: [] });
  await download(image);
}

/** An image of which there is no copy, of somebody whose session is remembered. */
export async function newImage(): Promise<string> {
  const { id } = await created({ disk_format: "raw", container_format: "bare" });
  return id;
}

/** The same with a copy. */
export async function copiedImage(): Promise<string> {
  const image = await newImage();
  await show(image);
  return image;
}

/** The first with data in the file store. */
export async function imageWithData(): Promise<string> {
  const image = await newImage();
  await upload(image);
  return image;
}

export async function copiedWithData(): Promise<string> {
  const image = await imageWithData();
  await show(image);
  return image;
}

export async function copiedInR2(): Promise<string> {
  const image = await newImage();
  await uploadTo(image, IN_R2);
  await show(image);
  return image;
}
