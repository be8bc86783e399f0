import { readFileSync } from "node:fs";
import { fetchTransport, type Transport, textOf } from "../../../client/transport.ts";
import { Contract } from "../../support/contract.ts";

const DOCUMENT = new URL("../../../openapi/openapi.json", import.meta.url);
const contract = new Contract(readFileSync(DOCUMENT, "utf8"));

const isData = (headers: Headers) => headers.get("content-type") === "application/octet-stream";

/** A fetch whose answer is held against the OpenAPI document. Image data is not read for it. */
export async function heldFetch(url: string, init: RequestInit & { headers: Headers }): Promise<Response> {
  const response = await fetch(url, init);
  const { status, headers } = response;
  contract.hold({
    ...{ method: init.method ?? "GET", target: targetOf(url), sent: init.headers },
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
  contract.hold({
    ...{ method: request.method, target: targetOf(request.url), sent: new Headers(request.headers) },
    body: typeof request.body === "string" ? request.body : undefined,
    ...{ status, headers, answer },
  });
  return answer === undefined ? response : { ...response, body: new Blob([answer]).stream() };
};

const targetOf = (url: string): string => {
  const { pathname, search } = new URL(url);
  return pathname + search;
};
