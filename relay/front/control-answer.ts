import type { Readable } from "node:stream";
import { FOR_CLIENT } from "../../protocol/control.ts";
import { ServiceError } from "../../src/domain/errors.ts";
import type { EdgeAnswer } from "./edge.ts";

/** Whether an answer is the client's, to be passed on; any other that is no success is between edge and relay. */
export const isForClient = ({ headers }: EdgeAnswer): boolean => headers[FOR_CLIENT] !== undefined;

/** What the edge says to the relay alone, a mistake in keys or clocks mostly: an outage to those who want an image. */
export async function mistrusted(answer: EdgeAnswer): Promise<ServiceError> {
  // What there is of it will do.
  const said = await textOf(answer.body, SAID_CHARS).catch(String);
  return new ServiceError("unavailable", "The image service cannot be reached from this site right now.", {
    cause: new Error(`the edge answered ${answer.status}: ${said}`),
  });
}

const JSON_CHARS = 64 * 1024;
const SAID_CHARS = 500;

/** What the edge says to the relay in a success. Rejects `unavailable` when it breaks off, hangs, or is no JSON. */
export async function jsonOf(answer: EdgeAnswer): Promise<unknown> {
  try {
    return JSON.parse(await textOf(answer.body, JSON_CHARS));
  } catch (cause) {
    throw new ServiceError("unavailable", "The image service cannot be reached from this site right now.", {
      cause,
    });
  }
}

/** So many characters of an answer at most: it is the edge's, but so is the trust in it. */
async function textOf(body: Readable, chars: number): Promise<string> {
  let text = "";
  for await (const chunk of body.setEncoding("utf8")) {
    text += chunk;
    if (text.length > chars) break;
  }
  return text.slice(0, chars);
}
