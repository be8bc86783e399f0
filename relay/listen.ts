import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Silence in mid-upload is handled by the code for bodies and answers: an upload may take hours. */
export const HTTP = {
  requestTimeout: 0,
  headersTimeout: 30_000,
  // Longer than clients keep an idle connection, so that it is not closed while a request is on its way.
  keepAliveTimeout: 75_000,
  // The same limit for headers as Cloudflare's (workers-facts: limits): some clouds' tokens are long.
  maxHeaderSize: 128 * 1024,
} as const;

export interface Listening {
  readonly url: string;
  readonly port: number;
}

/** Rejects if the port cannot be used. */
export async function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  scheme = "http",
): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return { url: `${scheme}://${name}:${address.port}`, port: address.port };
}
