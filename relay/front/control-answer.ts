import type { Readable } from "node:stream";
import { FOR_CLIENT } from "../../protocol/control.ts";
import { ServiceError } from "../../src/domain/errors.ts";
import type { EdgeAnswer } from "./edge.ts";

/**
 * Whether an answer is meant for the client, to be passed on unchanged. Any other error answer is between edge and
 * relay.
 */
export const isForClient = ({ headers }: EdgeAnswer): boolean => headers[FOR_CLIENT] !== undefined;

/** An error that the edge addressed to the relay, usually wrong keys or clocks: for clients, an outage. */
export async function mistrusted(answer: EdgeAnswer): Promise<ServiceError> {
  // If the text breaks off, what arrived of it is enough.
  const said = await textOf(answer.body, SAID_CHARS).catch(String);
  return new ServiceError("unavailable", "The image service cannot be reached from this site right now.", {
    cause: new Error(`the edge answered ${answer.status}: ${said}`),
  });
}

const JSON_CHARS = 64 * 1024;
const SAID_CHARS = 500;

/** The JSON of the edge's successful answer. Rejects `unavailable` if it breaks off, hangs, or is not JSON. */
export async function jsonOf(answer: EdgeAnswer): Promise<unknown> {
  try {
    return JSON.parse(await textOf(answer.body, JSON_CHARS));
  } catch (cause) {
    throw new ServiceError("unavailable", "The image service cannot be reached from this site right now.", {
      cause,
    });
  }
}

/** Reads at most `chars` characters of an answer: it should be the edge's, but that is not certain. */
async function textOf(body: Readable, chars: number): Promise<string> {
  let text = "";
  for await (const chunk of body.setEncoding("utf8")) {
    text += chunk;
    if (text.length > chars) break;
  }
  return text.slice(0, chars);
}
