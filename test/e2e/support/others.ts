import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "vitest";
import { ClientError } from "../../../client/errors.ts";
import { type Image, listImages, showImage } from "../../../client/images.ts";
import type { Session } from "../../../client/session.ts";
import { catalogueFile } from "../../../launcher/catalogue-file.ts";
import { createImage } from "./images.ts";
import type { Service } from "./service.ts";

/** Through the front door, and past it: the worker keeps copies, whoever asks for them. */
export type Way = "url" | "direct";
export const WAYS: readonly Way[] = ["url", "direct"];

/** How often a test writes: what is kept though it should not be is not met each time. */
export const ROUNDS = 15;

/** Somebody, and the project that owns what is made by the token. */
export interface Party {
  readonly token: string;
  readonly projectId: string;
}

/** A member of a new project of that name. */
export async function partyOf(service: Service, project: string): Promise<Party> {
  const token = await service.memberOf(project);
  const image = await createImage(service, {}, token);
  return { token, projectId: String((await showImage(await service.client(token), image)).owner) };
}

/** Ends a token; resolves when that was answered. */
export async function revoke(service: Service, token: string): Promise<void> {
  const ended = await service.fetch("/identity/v3/auth/tokens", {
    method: "DELETE",
    headers: { "x-subject-token": token },
  });
  expect(ended.status).toBe(204);
}

type Read = () => Promise<unknown>;

/** Others, who read again as soon as they were answered, so that there is a copy of it at any time. */
export function others(reads: readonly Read[]): AsyncDisposable {
  let areThere = true;
  const ended = Promise.all(
    reads.map(async (read) => {
      while (areThere) await read();
    }),
  );
  ended.catch(() => undefined);
  return {
    async [Symbol.asyncDispose]() {
      areThere = false;
      await ended;
    },
  };
}

/** What a caller sees of an image: as it is shown, and in the list of all that there are for the caller. */
export interface Seen {
  readonly shown: Image | undefined;
  readonly listed: Image | undefined;
}

export async function seenBy(session: Session, id: string): Promise<Seen> {
  const shown = await showImage(session, id).catch(unlessHidden);
  for await (const listed of listImages(session, { filters: { visibility: "all", member_status: "all" } }))
    if (listed.id === id) return { shown, listed };
  return { shown, listed: undefined };
}

/** Others, two through either door, who see the image all the time. */
export async function othersSee(
  service: Service,
  token: string,
  image: string,
  see: (session: Session, id: string) => Promise<unknown> = seenBy,
): Promise<AsyncDisposable> {
  const sessions = await Promise.all(WAYS.map((way) => service.client(token, service[way])));
  return others([...sessions, ...sessions].map((session) => () => see(session, image)));
}

function unlessHidden(error: unknown): undefined {
  if (!(error instanceof ClientError) || error.status !== 404) throw error;
}

/** Looks through both doors, and once more: what a read has left there is looked at too. */
export async function everywhere(
  service: Service,
  token: string,
  look: (session: Session) => Promise<void>,
): Promise<void> {
  for (const way of [...WAYS, ...WAYS]) await look(await service.client(token, service[way]));
}

/** So is the image seen, shown and listed; undefined: not at all. */
export const expectSeen = (
  service: Service,
  token: string,
  id: string,
  expected: Partial<Image> | undefined,
): Promise<void> =>
  everywhere(service, token, async (session) => {
    const { shown, listed } = await seenBy(session, id);
    for (const image of [shown, listed])
      if (expected) expect(image).toMatchObject(expected);
      else expect(image).toBeUndefined();
  });

/** Of an image what the catalogue's file says, which is true, whoever was told of it. */
export function rowOf(service: Service, id: string): { readonly status: string; readonly name: string } {
  const path = catalogueFile(join(service.dataDir, "worker"));
  const tables = new DatabaseSync(String(path), { readOnly: true });
  try {
    const row = tables.prepare("SELECT status, name FROM images WHERE id = ?").get(id);
    return { status: String(row?.status), name: String(row?.name) };
  } finally {
    tables.close();
  }
}
