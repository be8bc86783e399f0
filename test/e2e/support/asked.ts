import { ClientError } from "../../../client/errors.ts";
import { Session } from "../../../client/session.ts";
import type { BodySource } from "../../../client/transport.ts";
import { heldTransport } from "./held.ts";

/** A service by the client that programs use, for who has this token, or none. */
export const clientAt = (url: string, { token }: { token?: string } = {}): Session =>
  new Session({
    credentials: { type: "fixed", token },
    imageEndpoint: url,
    transport: heldTransport,
  });

/** The status that a call was answered with, or 0 where the connection broke. */
export async function statusOf(
  call: Promise<{ readonly response: { readonly status: number } }>,
): Promise<number> {
  return call.then(
    ({ response }) => response.status,
    (error) => {
      if (error instanceof ClientError) return error.status ?? 0;
      throw error;
    },
  );
}

/** Bytes to send. */
export const sourceOf = (body: Buffer): BodySource => ({
  open: async function* () {
    yield body;
  },
  replayable: true,
});
