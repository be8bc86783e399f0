import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A web server beside the product that has one file, and what it was asked. */
export interface WebServer extends Disposable {
  readonly url: string;
  readonly asked: { readonly method: string; readonly range: string }[];
}

/** Stores of a product that may read from it. */
export const FILES_AND_WEB = [
  { id: "file", type: "file", path: "images" },
  { id: "web", type: "http", allow: ["127.0.0.1"] },
];

/** Serves the bytes, and what is from a byte on. */
export async function serving(bytes: Uint8Array): Promise<WebServer> {
  const asked: { method: string; range: string }[] = [];
  const size = bytes.byteLength;
  const server = createServer((request, response) => {
    const range = String(request.headers.range ?? "");
    asked.push({ method: request.method ?? "", range });
    const [, first = "0", last = size - 1] = /bytes=(\d+)-(\d+)?/.exec(range) ?? [];
    const [start, end] = [Number(first), Number(last) + 1];
    const headers = { etag: '"disk"', "content-length": end - start };
    if (range) response.writeHead(206, { ...headers, "content-range": `bytes ${start}-${end - 1}/${size}` });
    else response.writeHead(200, headers);
    response.end(request.method === "HEAD" ? undefined : bytes.subarray(start, end));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/disk`,
    asked,
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
