import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { app } from "../../src/app.ts";
import { anyRequest, chunkedBody } from "../support/any-request.ts";
import { tokenOf } from "../support/catalogue.ts";
import type { HttpOrigin } from "../support/http-origin.ts";
import {
  changes,
  type MemberStatus,
  type ModelImage,
  mayBecome,
  sees,
  type Visibility,
  type Who,
} from "./model.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what is read of it says what is expected.
  readonly json: any;
}

export interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly chunked?: boolean;
}

/** The path of an image that there is not. */
export const ABSENT = "/v2/images/7f3c0000-0000-4000-8000-000000000000";

/** Others take milliseconds: a request that is not answered by then never is, as far as the ring can wait. */
const PATIENCE_MILLISECONDS = 10_000;

/** Requests since the file was loaded, for the ring to say that they were enough. */
export const counted = { requests: 0 };

let worlds = 0;

/** What a run of the service breaks: every failure of the ring is one of these. */
export class Broken extends Error {}

/** A model of the service and the service itself, side by side, with projects and callers of their own. */
export class World {
  readonly name = `world-${worlds++}`;
  readonly images: ModelImage[] = [];
  readonly gone: string[] = [];
  /** Every request, with what was answered: the history that a failure tells. */
  readonly log: string[] = [];
  readonly projects = ["a", "b", "c"].map((letter) => `${this.name}-${letter}`);
  readonly admin: Who = { project: `${this.name}-ops`, role: "admin" };
  readonly callers: readonly Who[];
  readonly #env: typeof env;
  readonly #updatedAt = new Map<string, number>();
  readonly #status = new Map<string, string>();

  /** Vars of the worker over those of the test ring. */
  readonly settings: Readonly<Record<string, unknown>>;

  /** The web server that its locations may lead to. */
  readonly web: HttpOrigin;

  constructor(web: HttpOrigin, settings: Readonly<Record<string, unknown>> = {}) {
    this.web = web;
    this.settings = settings;
    // One for all requests: the worker reads its settings once for each.
    this.#env = { ...env, LOCATIONS: { showMultipleLocations: true }, ...settings };
    const [a = "", b = "", c = ""] = this.projects;
    const member = (project: string): Who => ({ project, role: "member" });
    const reader = (project: string): Who => ({ project, role: "reader" });
    // Those who act come twice: most requests are to do something.
    this.callers = [
      ...[this.admin, member(a), member(a), member(b), member(b), member(c), reader(a), reader(b)],
      ...([
        { project: a, role: "admin" },
        { project: b, role: "service" },
        { project: c, role: "auditor" },
      ] as Who[]),
    ];
  }

  who = (n: number): Who => this.callers[n % this.callers.length] as Who;
  project = (n: number): string => this.projects[n % this.projects.length] as string;

  /** Somebody of the project. */
  whoOf(project: number, n: number): Who {
    const its = this.callers.filter((who) => who.project === this.project(project));
    return its[n % its.length] as Who;
  }

  /** Mostly one that the caller may change, or see at least; now and then any, or one that there is not. */
  image(n: number, who: Who): ModelImage | undefined {
    const choice = Math.floor(n / 4);
    const own = this.images.filter((image) => changes(who, image));
    const seen = this.images.filter((image) => sees(who, image));
    if (n % 4 < 2 && own.length > 0) return own[choice % own.length];
    if (n % 4 < 3 && seen.length > 0) return seen[choice % seen.length];
    return this.images[choice % (this.images.length + 1)];
  }

  async send(who: Who, request: string, sent: Sent = {}): Promise<Answer> {
    counted.requests++;
    const asked = told(who, request, sent);
    const nth = this.log.push(asked) - 1;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const end = setTimeout(() => reject(new Broken(`${asked} was not answered`)), PATIENCE_MILLISECONDS);
    const answer = await Promise.race([this.#answer(who, request, sent), late]).finally(() =>
      clearTimeout(end),
    );
    this.log[nth] = `${asked}: ${answer.status}`;
    if (answer.status >= 500) throw new Broken(`${asked} was answered with ${answer.status}: ${answer.text}`);
    return answer;
  }

  async #answer(who: Who, request: string, { headers, body, chunked }: Sent): Promise<Answer> {
    const at = request.indexOf(" ");
    const sent = new Headers({
      accept: "application/json",
      "x-auth-token": await tokenOf({ projectId: who.project, role: who.role }),
    });
    for (const [name, value] of Object.entries(headers ?? {})) sent.set(name, value);
    const made = anyRequest(request.slice(0, at), `http://glimpse${request.slice(at + 1)}`, {
      headers: sent,
      body: body === undefined ? null : chunked ? chunkedBody(body) : body,
    });
    const response = await app.fetch(made, this.#env, createExecutionContext());
    const text = new TextDecoder().decode(await response.arrayBuffer());
    const isJson = response.headers.get("content-type")?.includes("json") && text !== "";
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson ? JSON.parse(text) : undefined,
    };
  }

  /** The request, whose answer must have one of the statuses. */
  async must(
    who: Who,
    request: string,
    statuses: number | readonly number[],
    sent: Sent = {},
  ): Promise<Answer> {
    const answer = await this.send(who, request, sent);
    if ([statuses].flat().includes(answer.status)) return answer;
    throw new Broken(
      `${told(who, request, sent)} was answered with ${answer.status}, not ${statuses}: ${answer.text.slice(0, 300)}`,
    );
  }

  /** What may be answered where this would be, if it is not for a quota. */
  withinQuota = (status: number): readonly number[] => (this.hasQuota ? [status, 413] : [status]);

  get hasQuota(): boolean {
    return "QUOTAS" in this.settings;
  }

  add(image: ModelImage): void {
    this.images.push(image);
  }

  drop(image: ModelImage): void {
    this.images.splice(this.images.indexOf(image), 1);
    this.gone.push(image.id);
  }

  /** The image's row is where the model has it, came there by legal moves, and its time has not gone back. */
  async witness(image: ModelImage): Promise<void> {
    const row = await env.DB.prepare("SELECT status, updated_at FROM images WHERE id = ?")
      .bind(image.id)
      .first<{ status: string; updated_at: number }>();
    if (!row) throw new Broken(`the row of ${image.id} is gone`);
    const status = this.images.includes(image) ? image.status : "deleted";
    if (row.status !== status) throw new Broken(`${image.id} is ${row.status}, and ${status} in the model`);
    const before = this.#status.get(image.id) ?? "queued";
    if (!mayBecome(before, row.status)) throw new Broken(`${image.id} went from ${before} to ${row.status}`);
    if (row.updated_at < (this.#updatedAt.get(image.id) ?? 0))
      throw new Broken(`the updated_at of ${image.id} went back`);
    this.#status.set(image.id, row.status);
    this.#updatedAt.set(image.id, row.updated_at);
  }

  /** The image as the catalogue has it, past the API; undefined where it is deleted. */
  async stored(id: string): Promise<ModelImage | undefined> {
    type Row = {
      name: string | null;
      owner: string | null;
      visibility: Visibility;
      status: string;
      protected: number;
      os_hidden: number;
      formats: number;
      min_disk: number;
    };
    const about = (sql: string) => env.DB.prepare(sql).bind(id);
    const row = await about(
      `SELECT *, disk_format IS NOT NULL AND container_format IS NOT NULL AS formats
       FROM images WHERE id = ? AND deleted_at IS NULL`,
    ).first<Row>();
    if (!row) return undefined;
    const read = async <T>(sql: string) => (await about(sql).all<T>()).results;
    const members = await read<{ member: string; status: MemberStatus }>(
      "SELECT member, status FROM image_members WHERE image_id = ?",
    );
    const tags = await read<{ value: string }>("SELECT value FROM image_tags WHERE image_id = ?");
    const properties = await read<{ name: string; value: string }>(
      "SELECT name, value FROM image_properties WHERE image_id = ?",
    );
    const places = await read<{ store: string }>(
      "SELECT store FROM image_locations WHERE image_id = ? AND status = 'active' ORDER BY id",
    );
    const tasks = await read<{ owner: string }>("SELECT owner FROM tasks WHERE image_id = ?");
    const { name, owner, visibility, status } = row;
    return {
      ...{ id, name, owner, visibility, status, minDisk: row.min_disk },
      data: null,
      // What a failed import left on the record of a queued image is no data of its.
      places: status === "queued" ? [] : places.map(({ store }) => store),
      taskOwners: tasks.map((task) => task.owner),
      ...{ protected: row.protected === 1, hidden: row.os_hidden === 1, formats: row.formats === 1 },
      members: new Map(members.map((each) => [each.member, each.status])),
      tags: new Set(tags.map(({ value }) => value)),
      properties: new Map(properties.map((each) => [each.name, each.value])),
    };
  }
}

const told = (who: Who, request: string, { body }: Sent): string =>
  `${request.slice(0, 500)} by ${who.role} of ${who.project}${body === undefined ? "" : ` with ${body.slice(0, 300)}`}`;

/** All that the model knows of an image but its data, as text. */
export const shown = (image: ModelImage | undefined): string =>
  image === undefined
    ? "nothing"
    : JSON.stringify([
        ...[image.id, image.name, image.owner, image.visibility, image.status, image.formats, image.minDisk],
        ...[image.protected, image.hidden, [...image.members].sort()],
        ...[[...image.tags].sort(), [...image.properties].sort()],
      ]);
