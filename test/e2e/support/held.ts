import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { fetchTransport, type Transport, textOf } from "../../../client/transport.ts";
import { Contract, type Exchange, NotDescribed } from "../../support/contract.ts";

const DOCUMENT = new URL("../../../openapi/openapi.json", import.meta.url);
const contract = new Contract(readFileSync(DOCUMENT, "utf8"));

/** Throws `NotDescribed` when the exchange is not what the OpenAPI document describes. */
export const hold = (exchange: Exchange): void => void contract.hold(exchange);

/** For whoever expects a connection to break: an answer that the document does not describe is none of that. */
export function unlessNotDescribed(error: unknown): undefined {
  if (error instanceof NotDescribed) throw error;
}

/** Image data is not read to be held against anything. */
export const isData = (headers: Headers) => headers.get("content-type") === "application/octet-stream";

/** A fetch whose answer is held against the OpenAPI document, for requests that the client does not make. */
export async function heldFetch(url: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, init);
  const { status, headers } = response;
  hold({
    ...{ method: init.method ?? "GET", target: targetOf(url), sent: new Headers(init.headers) },
    body: typeof init.body === "string" ? init.body : undefined,
    ...{ status, headers, answer: isData(headers) ? undefined : await response.clone().text() },
  });
  return response;
}

/** The client's transport, its exchanges held against the document. */
export const heldTransport: Transport = async (request) => {
  const response = await fetchTransport(request);
  const { status, headers } = response;
  const answer = isData(headers) ? undefined : await textOf(response);
  hold({
    ...{ method: request.method, target: targetOf(request.url), sent: new Headers(request.headers) },
    body: typeof request.body === "string" ? request.body : undefined,
    ...{ status, headers, answer },
  });
  return answer === undefined ? response : { ...response, body: new Blob([answer]).stream() };
};

/** Reads an answer that is no image data to its end, and holds it: its status. */
export async function heldStatus(
  asked: Pick<Exchange, "method" | "target" | "sent">,
  answer: IncomingMessage,
): Promise<number> {
  const { statusCode: status = 0 } = answer;
  hold({ ...asked, status, headers: headersOf(answer), answer: await text(answer) });
  return status;
}

export const headersOf = ({ headersDistinct }: IncomingMessage): Headers =>
  new Headers(
    Object.entries(headersDistinct).flatMap(([name, values = []]) =>
      values.map((value): [string, string] => [name, value]),
    ),
  );

const targetOf = (url: string): string => {
  const { pathname, search } = new URL(url);
  return pathname + search;
};
