import { createExecutionContext, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { app } from "../../../src/app.ts";
import { coordinatorOf } from "../../../src/durable/coordinator-of.ts";
import { MemoryStore } from "../../../src/stores/memory.ts";
import { anyRequest, chunkedBody } from "../../support/any-request.ts";
import { type Persona, tokenOf } from "../../support/catalogue.ts";
import { held } from "../../support/held.ts";
import { keysOf } from "../../support/image-data.ts";
import type { Given, Holder, Role, Row, Step } from "./row.ts";

const BASE = "http://glimpse";

/** Plays a row: makes its images, sends what it sends, and holds the answers against what it expects. */
export async function play(row: Row): Promise<void> {
  const stage = new Stage();
  for (const given of [row.given ?? []].flat()) await stage.make(given);
  for (const step of "steps" in row ? row.steps : [row]) await stage.step(step);
  await stage.settle();
}

let rows = 0;

/** The projects and images of one row. */
class Stage {
  readonly #row = `row-${rows++}`;
  readonly #ids: string[] = [];
  /** Bytes came or went. */
  #moved = false;

  async make(given: Given): Promise<void> {
    const { visibility } = given.fields ?? {};
    const as = given.by ?? (visibility === "public" ? "own admin" : "own member");
    const fields = { disk_format: "raw", container_format: "bare", ...given.fields };
    const id = JSON.parse(await this.#must({ as, send: "POST /v2/images", body: fields, expect: 201 })).id;
    this.#ids.push(id);
    if (given.data !== undefined)
      await this.#must({
        as: "admin",
        send: `PUT /v2/images/${id}/file`,
        headers: {
          "content-type": "application/octet-stream",
          ...(given.store === undefined ? {} : { "x-image-meta-store": given.store }),
        },
        body: given.data,
        expect: 204,
      });
    for (const [project, status] of Object.entries(given.members ?? {}))
      await env.DB.prepare(
        "INSERT INTO image_members (image_id, member, status, created_at, updated_at) VALUES (?, ?, ?, 0, 0)",
      )
        .bind(id, this.#project(project), status)
        .run();
    for (const [column, value] of Object.entries(given.columns ?? {}))
      await env.DB.prepare(`UPDATE images SET ${column} = ? WHERE id = ?`).bind(value, id).run();
    if (given.fate === "deleted")
      await this.#must({ as: "admin", send: `DELETE /v2/images/${id}`, expect: 204 });
    if (given.fate === "lost") await lose(id);
  }

  /** What the objects have still to do is done before the next row: the end of the file does not wait for it. */
  async settle(): Promise<void> {
    for (const id of this.#moved ? this.#ids : []) await runDurableObjectAlarm(coordinatorOf(env, id));
  }

  async step(step: Step): Promise<void> {
    const response = await this.#send(step);
    const text = await textOf(response);
    expect(response.status, text.slice(0, 500)).toBe(step.expect);
    this.#compare(step, response.headers, text);
    if (step.after === undefined) return;
    const shown = await this.#send({ as: "admin", send: "GET {image}", expect: 200 });
    const image = await shown.text();
    if (step.after === "gone") return expect(shown.status).toBe(404);
    expect(JSON.parse(image)).toMatchObject(JSON.parse(this.#filled(JSON.stringify(step.after))));
  }

  async #must(step: Step): Promise<string> {
    const response = await this.#send(step);
    const text = await response.text();
    if (response.status !== step.expect) throw new Error(`${step.send} answered ${response.status}: ${text}`);
    return text;
  }

  async #send({
    as = "member",
    send,
    headers,
    body,
    chunked,
    serviceToken,
    settings,
    undescribed,
  }: Step): Promise<Response> {
    const [method = "", path = ""] = this.#filled(send).split(" ");
    this.#moved ||= method === "DELETE" || (method !== "GET" && /\/(?:file|locations)$/.test(path));
    const sent = new Headers({ accept: "application/json" });
    if (as !== "anonymous") sent.set("x-auth-token", await tokenOf(this.#persona(as)));
    if (serviceToken) sent.set("x-service-token", await tokenOf(this.#persona(serviceToken)));
    for (const [name, value] of Object.entries(headers ?? {}))
      if (value === "") sent.delete(name);
      else sent.set(name, this.#filled(value));
    const text = this.#textOf(body);
    const request = anyRequest(method, BASE + path, {
      headers: sent,
      body: text !== undefined && chunked ? chunkedBody(text) : (text ?? null),
    });
    for (const [name, value] of Object.entries(headers ?? {})) if (value === "") request.headers.delete(name);
    const context = createExecutionContext();
    const response = await app.fetch(request, settings ? { ...env, ...settings } : env, context);
    return held(request, response, { target: path, body: text, undescribed });
  }

  #textOf(body: unknown): string | undefined {
    return body === undefined
      ? undefined
      : this.#filled(typeof body === "string" ? body : JSON.stringify(body));
  }

  #compare({ answer = {} }: Step, headers: Headers, text: string): void {
    for (const [name, value] of Object.entries(answer.headers ?? {}))
      if (value instanceof RegExp) expect(headers.get(name), name).toMatch(value);
      else expect(headers.get(name), name).toBe(value === null ? null : this.#filled(value));
    const { body, without, names } = answer;
    if (body instanceof RegExp) expect(text).toMatch(body);
    else if (typeof body === "string") expect(text).toBe(this.#filled(body));
    else if (body !== undefined)
      expect(JSON.parse(text)).toMatchObject(JSON.parse(this.#filled(JSON.stringify(body))));
    for (const field of without ?? []) expect(JSON.parse(text)).not.toHaveProperty([field]);
    if (names !== undefined) expect(namesIn(text)).toBe(names);
  }

  #filled(text: string): string {
    return text.replaceAll(/\{(image|id|own|other|third|row)(\d?)\}/g, (_, word: string, number: string) => {
      const id = this.#ids[Number(number || 1) - 1];
      if (word === "image") return `/v2/images/${id}`;
      if (word === "id") return String(id);
      return word === "row" ? this.#row : this.#project(word);
    });
  }

  #project(name: string): string {
    return `${name}-of-${this.#row}`;
  }

  #persona(as: Holder): Persona {
    if (as === "admin") return { projectId: "admin", role: "admin" };
    const [role = "", project = "own"] = as.split(" ").reverse();
    return { projectId: this.#project(project), role: role as Role };
  }
}

/** Image data too: it is text in every row. */
const textOf = async (response: Response) => new TextDecoder().decode(await response.arrayBuffer());

const namesIn = (text: string): string =>
  JSON.parse(text)
    .images.map((image: { name: string | null }) => image.name ?? "-")
    .join(" ");

async function lose(id: string): Promise<void> {
  for (const held of await keysOf(id)) {
    const [store = "", key = ""] = held.split("/");
    if (store === "r2") await env.IMAGES.delete(key);
    else await new MemoryStore(store).delete(new MemoryStore(store).locationOf(key));
  }
}
