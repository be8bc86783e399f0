import { ServiceError } from "../domain/errors.ts";

/** Where the http store may connect to: public addresses on these ports, and whatever the operator lists. */
export interface AddressRules {
  /** Host names, addresses, and networks such as `10.0.0.0/8`; allowed on any port. */
  readonly allow: readonly string[];
  readonly ports: readonly number[];
}

export interface CheckedUrl {
  /** Without the fragment, which is never sent. */
  readonly url: URL;
  /** The operator lists the host, so it need not be public. */
  readonly listed: boolean;
}

/**
 * The URL, if it may be fetched; throws `invalid` otherwise. A name is checked as it is written; what it resolves to is
 * checked when the connection is made (docs/decisions/0015-where-the-http-store-goes.md).
 */
export function checkedUrl(location: string, { allow, ports }: AddressRules): CheckedUrl {
  // URL parsers drop blanks and extra slashes, behind which the rest could look like something else.
  const written = /^https?:\/\/([^/?#\\]+)/i.exec(location);
  if (!written || /[\s\p{Cc}\\]/u.test(location)) throw invalid("is not an http or https URL");
  if (written[1]?.includes("@")) throw invalid("has credentials in it");
  const url = parsed(location);
  url.hash = "";
  const host = url.hostname.replace(/\.$/, "");
  const address = bytesOf(host);
  if (address?.length === 4 && !writesAsItIs(written[1] ?? "", host))
    throw invalid("spells an address in a way that hides it");
  const listed = allow.some((entry) => lists(entry, host, address));
  if (!listed && !(address ? isPublic(address) : isPublicName(host)))
    throw invalid("leads to a host that is not public, and the operator does not list it");
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  if (!listed && !ports.includes(port)) throw invalid(`leads to port ${port}`);
  return { url, listed };
}

function parsed(location: string): URL {
  try {
    return new URL(location);
  } catch {
    throw invalid("is not a URL");
  }
}

const invalid = (why: string) => new ServiceError("invalid", `The location ${why}.`);

/** `2130706433`, `0x7f.1` and `0177.0.0.1` are all 127.0.0.1. Such spellings are used only to deceive. */
const writesAsItIs = (written: string, host: string): boolean =>
  written.replace(/:\d*$/, "").replace(/\.$/, "") === host;

function lists(entry: string, host: string, address: Bytes | undefined): boolean {
  const [network = "", bits] = entry.toLowerCase().split("/");
  const base = bytesOf(network) ?? bytesOf(`[${network}]`);
  if (!base) return network === host;
  return (
    address !== undefined && isWithin(address, base, bits === undefined ? base.length * 8 : Number(bits))
  );
}

/** Names that are local to a machine or a site. The resolver appends its own domains to a name without a dot. */
const PRIVATE_NAME = /^[^.]*$|(^|\.)(localhost|local|localdomain|internal|intranet|lan|home|corp|arpa)$/;

const isPublicName = (host: string): boolean => !PRIVATE_NAME.test(host);

type Bytes = readonly number[];

/** Addresses in IANA's special-purpose registries that are not globally reachable. */
const SPECIAL = [
  "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24",
  "192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4",
  // In IPv6 only 2000::/3 is public at all; these parts of it embed IPv4 addresses or are for documentation.
  "2001::/23 2001:db8::/32 2002::/16 3fff::/20",
]
  .flatMap((line) => line.split(" "))
  .map((network) => {
    const [base = "", bits] = network.split("/");
    return { base: bytesOf(base) ?? bytesOf(`[${base}]`) ?? [], bits: Number(bits) };
  });

/** ::ffff:0:0/96, IPv4 addresses written as IPv6. */
const MAPPED: Bytes = [...Array(10).fill(0), 255, 255, 0, 0, 0, 0];

function isPublic(address: Bytes): boolean {
  if (address.length === 16 && isWithin(address, MAPPED, 96)) return isPublic(address.slice(12));
  if (address.length === 16 && (address[0] ?? 0) >> 5 !== 1) return false;
  return !SPECIAL.some(({ base, bits }) => isWithin(address, base, bits));
}

function isWithin(address: Bytes, base: Bytes, bits: number): boolean {
  if (base.length !== address.length) return false;
  for (let bit = 0; bit < bits; bit += 8) {
    const mask = bits - bit >= 8 ? 255 : (255 << (8 - (bits - bit))) & 255;
    if (((address[bit / 8] ?? 0) & mask) !== ((base[bit / 8] ?? 0) & mask)) return false;
  }
  return true;
}

/** The bytes of an address as it stands in a URL's host; undefined for a name. */
function bytesOf(host: string): Bytes | undefined {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) {
    const bytes = host.split(".").map(Number);
    return bytes.every((byte) => byte <= 255) ? bytes : undefined;
  }
  if (!/^\[[0-9a-f:.]+\]$/.test(host) || !URL.canParse(`http://${host}/`)) return undefined;
  // Once parsed, an IPv6 address has no dots and only one spelling.
  const [head = "", tail] = new URL(`http://${host}/`).hostname.slice(1, -1).split("::");
  const words = (text: string) =>
    text === "" ? [] : text.split(":").map((word) => Number.parseInt(word, 16));
  const before = words(head);
  const after = words(tail ?? "");
  const zeros = Array<number>(8 - before.length - after.length).fill(0);
  return [...before, ...zeros, ...after].flatMap((word) => [word >> 8, word & 255]);
}

/** Whether an entry of `allow` is valid: a host name, an address or a network. */
export function isAllowEntry(entry: string): boolean {
  const [network = "", bits, ...more] = entry.split("/");
  const base = bytesOf(network) ?? bytesOf(`[${network.toLowerCase()}]`);
  if (more.length > 0) return false;
  if (bits === undefined) return base !== undefined || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(network);
  return base !== undefined && /^\d{1,3}$/.test(bits) && Number(bits) <= base.length * 8;
}
