import { ServiceError } from "../domain/errors.ts";
import { type BlobKey, checkKey, isBlobKey, type Location } from "./contract.ts";

/** What the location URLs of a Swift store are made of and measured by. */
export interface SwiftNames {
  /** Stands for address and credentials in the URLs that we write. */
  readonly reference: string;
  readonly authUrl: string;
  /** As Glance writes it into URLs: the user, with Keystone `<project>:<user>`. Absent for an application credential. */
  readonly accountUser?: string;
  readonly container: string;
  /** Characters of the key by which images are spread over containers; 0: one container. */
  readonly containerSeed: number;
}

/** An object, and the container that it is in. */
export interface SwiftObject {
  readonly container: string;
  readonly key: BlobKey;
}

/** Segments stand beside the images: Glance's `<key>-00001`, and ours, whose upload has a mark of its own. */
const SEGMENT = /-(?:[0-9a-f]{12}-)?\d{5}$/;

export const isSegment = (name: string): boolean => SEGMENT.test(name);

/** Whether the name is a segment of this very key, whoever wrote it. */
export const isSegmentOf = (key: BlobKey, name: string): boolean =>
  name.startsWith(`${key}-`) && /^(?:[0-9a-f]{12}-)?\d{5}$/.test(name.slice(key.length + 1));

/** What all segments of an upload begin with. */
export const segmentPrefix = (key: BlobKey, mark: string): string => `${key}-${mark}-`;

export const segmentName = (key: BlobKey, mark: string, number: number): string =>
  segmentPrefix(key, mark) + String(number).padStart(5, "0");

/** Rejects `invalid` for a key that is none, or that a listing would take for a segment. */
export function checkSwiftKey(key: BlobKey): void {
  checkKey(key);
  if (isSegment(key)) throw new ServiceError("invalid", `${JSON.stringify(key)} is the name of a segment.`);
}

/** Where a key is kept: as Glance counts, a dash among the first `seed` characters makes the name longer by one. */
export function containerOf({ container, containerSeed }: SwiftNames, key: BlobKey): string {
  if (containerSeed === 0) return container;
  const id = key.toLowerCase();
  const dashes = id.slice(0, containerSeed).split("-").length - 1;
  return `${container}_${id.slice(0, containerSeed + dashes)}`;
}

export function locationOf(names: SwiftNames, key: BlobKey): Location {
  checkSwiftKey(key);
  return `swift+config://${names.reference}/${containerOf(names, key)}/${key}`;
}

/**
 * The object of a location of this store (spec/stores.md section 6.1): by reference, or by the address where one logs in,
 * with the store's user or none. A key that stands there is not looked at. Undefined for any other URL.
 */
export function objectAt(names: SwiftNames, location: Location): SwiftObject | undefined {
  const [, scheme = "", rest = ""] = /^(swift(?:\+https?|\+config)?):\/\/(.*)$/is.exec(location) ?? [];
  const at = rest.lastIndexOf("@");
  const parts = rest.slice(at + 1).split("/");
  const [container = "", key = ""] = parts.splice(-2);
  const place = parts.join("/");
  const isOurs =
    scheme.toLowerCase() === "swift+config"
      ? at < 0 && place === names.reference
      : withoutVersion(place) === placeOf(scheme, names) &&
        (at < 0 || userOf(rest.slice(0, at)) === names.accountUser);
  const known = isOurs && isBlobKey(key) && !isSegment(key) && mayHold(names, container, key);
  return known ? { container, key } : undefined;
}

/** The seed may have been another when it was written. */
function mayHold({ container: own }: SwiftNames, container: string, key: BlobKey): boolean {
  const shard = container.slice(own.length + 1);
  return container === own || (container === `${own}_${shard}` && shard !== "" && isShardOf(key, shard));
}

const isShardOf = (key: BlobKey, shard: string) => key.toLowerCase().startsWith(shard);

/** Address and path of the authentication, where the scheme is the one that goes with it. */
function placeOf(scheme: string, { authUrl }: SwiftNames): string | undefined {
  const secure = scheme.toLowerCase() !== "swift+http";
  const [, protocol = "", rest = ""] = /^(https?):\/\/(.*?)\/*$/i.exec(authUrl) ?? [];
  return (protocol.toLowerCase() === "https") === secure ? withoutVersion(rest) : undefined;
}

/** Keystone's may be named or not. */
const withoutVersion = (place: string) => place.replace(/\/v3$/, "");

/** The user of `<user>:<key>`, each percent-encoded; the user may have colons as they are. Without a key it stands alone. */
function userOf(credentials: string): string | null {
  try {
    return decodeURIComponent(credentials.replace(/:[^:]*$/, ""));
  } catch {
    return null;
  }
}
