import type { HeaderName } from "@glimpse/client/calls.ts";
import type { Transport } from "@glimpse/client/transport.ts";
import { printable } from "./output/printable.ts";

/** Headers that may be printed; any other may carry a secret. */
const TOLD: ReadonlySet<string> = new Set<Lowercase<HeaderName> | "accept" | "content-type">([
  "accept",
  "content-type",
  "content-length",
  "x-image-meta-store",
  "x-openstack-image-size",
  "x-openstack-request-id",
  "location",
]);

/** A transport that logs each request, without bodies: they hold passwords, or images. */
export function traced(transport: Transport, tell: (line: string) => void): Transport {
  const line = (text: string) => tell(`${printable(text)}\n`);
  return async (request) => {
    const started = Date.now();
    line(`> ${request.method} ${withoutUser(request.url)}`);
    for (const [name, value] of Object.entries(request.headers)) line(`>   ${name}: ${shown(name, value)}`);
    const response = await transport(request);
    line(`< ${response.status} ${response.statusText} in ${Date.now() - started} ms`);
    for (const [name, value] of response.headers) line(`<   ${name}: ${shown(name, value)}`);
    return response;
  };
}

const shown = (name: string, value: string) => (TOLD.has(name.toLowerCase()) ? value : "***");

/** A URL may contain a user name and a password before its host. */
const withoutUser = (url: string) => url.replace(/\/\/[^/@]*@/, "//");
