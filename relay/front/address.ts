import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";
import type { TLSSocket } from "node:tls";

export interface AddressRules {
  /** The address used in links, whatever address the client used. */
  readonly publicUrl?: string;
  /** Addresses and networks of proxies whose `Forwarded` is honoured. */
  readonly trustedProxies: readonly string[];
}

/** How a client reached the front door. */
export interface Address {
  /** `scheme://host[:port]`, without a slash at its end. */
  readonly site: string;
  /** The client's address, as far as a trusted proxy or the connection tells it. */
  readonly client: string;
}

/** Only a host and a port, as RFC 9110 writes them, get into links. */
const HOST = /^(?:[A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

/** Returns a function that finds out, for each request, by which address it came. */
export function addresses({
  publicUrl,
  trustedProxies,
}: AddressRules): (request: IncomingMessage) => Address {
  const trusted = blockListOf(trustedProxies);
  return (request) => {
    const { socket, headers } = request;
    const peer = plainAddress(socket.remoteAddress ?? "");
    const said = trustedProxies.length > 0 && isIn(trusted, peer) ? lastForwarded(headers.forwarded) : {};
    const scheme = said.proto === "http" || said.proto === "https" ? said.proto : schemeOf(socket);
    const host = [said.host, headers.host].find((name) => name !== undefined && HOST.test(name));
    return {
      site: publicUrl ?? `${scheme}://${host ?? ownAddress(socket)}`,
      client: said.for ?? peer,
    };
  };
}

/** The element that the nearest proxy added (RFC 7239 section 4): anybody may have written those before it. */
export function lastForwarded(header: string | undefined): Readonly<Record<string, string>> {
  const said: Record<string, string> = {};
  const elements = header?.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? [];
  for (const pair of elements.at(-1)?.match(/(?:[^;"]|"(?:[^"\\]|\\.)*")+/g) ?? []) {
    const at = pair.indexOf("=");
    const value = pair.slice(at + 1).trim();
    if (at > 0) said[pair.slice(0, at).trim().toLowerCase()] = unquoted(value);
  }
  return said;
}

const unquoted = (value: string) =>
  value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, "$1") : value;

const schemeOf = (socket: IncomingMessage["socket"]) => ((socket as TLSSocket).encrypted ? "https" : "http");

function ownAddress({ localAddress = "127.0.0.1", localPort }: IncomingMessage["socket"]): string {
  const address = plainAddress(localAddress);
  return `${isIP(address) === 6 ? `[${address}]` : address}:${localPort}`;
}

/** A dual-stack socket shows an IPv4 address as `::ffff:127.0.0.1`. */
const plainAddress = (address: string) => address.replace(/^::ffff:(?=\d+\.)/, "");

function blockListOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", bits] = network.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

const isIn = (list: BlockList, address: string): boolean =>
  isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
