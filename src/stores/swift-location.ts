import { ServiceError } from "../domain/errors.ts";
import { type BlobKey, checkKey, isBlobKey, type Location } from "./contract.ts";

/** The parts of a Swift store's location URLs. */
export interface SwiftNames {
  /** Stands for address and credentials in the URLs that we write. */
  readonly reference: string;
  readonly authUrl: string;
  /**
   * As Glance writes it into URLs: the user, with Keystone `<project>:<user>`. Absent for an application credential.
   */
  readonly accountUser?: string;
  readonly container: string;
  /** How many characters of the key choose the image's container; 0: there is only one container. */
  readonly containerSeed: number;
}

/** An object and its container. */
export interface SwiftObject {
  readonly container: string;
  readonly key: BlobKey;
}

/** Segments have names beside the images': Glance's `<key>-00001`, and ours, which include the upload's mark. */
const SEGMENT = /-(?:[0-9a-f]{12}-)?\d{5}$/;

export const isSegment = (name: string): boolean => SEGMENT.test(name);

/** Whether the name is a segment of exactly this key, whoever wrote it. */
export const isSegmentOf = (key: BlobKey, name: string): boolean =>
  name.startsWith(`${key}-`) && /^(?:[0-9a-f]{12}-)?\d{5}$/.test(name.slice(key.length + 1));

/** The prefix of all segments of an upload. */
export const segmentPrefix = (key: BlobKey, mark: string): string => `${key}-${mark}-`;

export const segmentName = (key: BlobKey, mark: string, number: number): string =>
  segmentPrefix(key, mark) + String(number).padStart(5, "0");

/** Throws `invalid` for a malformed key, and for one that a listing would take for a segment. */
export function checkSwiftKey(key: BlobKey): void {
  checkKey(key);
  if (isSegment(key)) throw new ServiceError("invalid", `${JSON.stringify(key)} is the name of a segment.`);
}

/**
 * The container of a key. As Glance counts, each dash among the first `seed` characters makes the name longer by one.
 */
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
 * The object that a location of this store names (spec/stores.md section 6.1): by our reference, or by the
 * authentication's address together with the store's user or with no user. A key in the URL is ignored. Undefined for
 * any other URL.
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

/** The location may have been written with another seed. */
function mayHold({ container: own }: SwiftNames, container: string, key: BlobKey): boolean {
  const shard = container.slice(own.length + 1);
  return container === own || (container === `${own}_${shard}` && shard !== "" && isShardOf(key, shard));
}

const isShardOf = (key: BlobKey, shard: string) => key.toLowerCase().startsWith(shard);

/** Host and path of the authentication URL, if the scheme matches it. */
function placeOf(scheme: string, { authUrl }: SwiftNames): string | undefined {
  const secure = scheme.toLowerCase() !== "swift+http";
  const [, protocol = "", rest = ""] = /^(https?):\/\/(.*?)\/*$/i.exec(authUrl) ?? [];
  return (protocol.toLowerCase() === "https") === secure ? withoutVersion(rest) : undefined;
}

/** Keystone's URL may or may not include the version. */
const withoutVersion = (place: string) => place.replace(/\/v3$/, "");

/**
 * The user of `<user>:<key>`, both percent-encoded; the user may contain unescaped colons. Without a key, everything is
 * the user.
 */
function userOf(credentials: string): string | null {
  try {
    return decodeURIComponent(credentials.replace(/:[^:]*$/, ""));
  } catch {
    return null;
  }
}
