import { type Caller, isAdmin, isService } from "./caller.ts";
import { ServiceError } from "./errors.ts";
import { type Exposure, type ImageLocation, type ImageRecord, inWeightOrder } from "./image.ts";
import { checkLocationSize } from "./image-attributes.ts";
import { isForbiddenLocation, isHttpLocation } from "./location-url.ts";
import type { Operation } from "./patch.ts";
import type { PatchedLocation } from "./patched-location.ts";
import { authorize } from "./policy.ts";
import { type ClaimedHashes, HASH_CHARS, isHex } from "./validation-data.ts";

/** A location without a row yet. */
export type NewPlace = Omit<ImageLocation, "id">;

/** The changes that a patch makes to an image's locations. */
export interface LocationChange {
  readonly add: readonly NewPlace[];
  /** Ids of rows. */
  readonly remove: readonly number[];
  readonly describe: readonly Pick<ImageLocation, "id" | "metadata">[];
  /** The hashes that the caller claims for the bytes. */
  readonly claimed?: ClaimedHashes;
}

/** The rules for locations that do not depend on the image. */
export interface LocationRules {
  readonly caller: Caller;
  readonly showMultipleLocations: boolean;
  readonly weightOf: Exposure["weightOf"];
  /** -1: no limit. */
  readonly quota: number;
  /** The algorithm of new images' hashes. */
  readonly hashAlgo: string;
  /** The store that reads the URL: the named one if it does; undefined if none does. */
  readonly storeOf: (url: string, named: string | undefined) => string | undefined;
}

const conflict = (message: string) => new ServiceError("conflict", message);
const forbidden = (message: string) => new ServiceError("forbidden", message);
const invalid = (message: string) => new ServiceError("invalid", message);

type Place = NewPlace & { readonly id?: number; readonly described?: true };

/**
 * The locations of an image while a patch is applied to them, one operation after another (spec/locations.md section
 * 1).
 */
export class PatchedLocations {
  readonly #image: ImageRecord;
  readonly #rules: LocationRules;
  #places: Place[];
  #claimed: ClaimedHashes | undefined;
  readonly #removed: number[] = [];

  constructor(image: ImageRecord, rules: LocationRules) {
    this.#image = image;
    this.#rules = rules;
    // What a failed import left on the record is removed together with the first added location
    // (db/transition-locations.ts).
    this.#places = image.status === "queued" ? [] : inWeightOrder(image.locations, rules.weightOf);
  }

  /** Undefined if nothing changes. Throws `tooLarge` for more than can be read again. */
  get change(): LocationChange | undefined {
    const add = this.#places
      .filter(({ id }) => id === undefined)
      .map(({ url, store, metadata }) => ({ url, store, metadata }));
    const describe = this.#places.flatMap(({ id, metadata, described }) =>
      id !== undefined && described ? [{ id, metadata }] : [],
    );
    if (add.length + describe.length + this.#removed.length === 0) return undefined;
    if (add.length + describe.length > 0) checkLocationSize(this.#places);
    const claimed = this.#claimed;
    return { add, describe, remove: this.#removed, ...(claimed ? { claimed } : {}) };
  }

  apply({ verb, position = "", value }: Operation): void {
    const { caller, showMultipleLocations } = this.#rules;
    if (!showMultipleLocations)
      throw forbidden("It's not allowed to change locations if locations are invisible.");
    authorize(verb === "remove" ? "delete_image_location" : "set_image_location", caller, this.#image);
    const { id, status } = this.#image;
    if (status !== "active" && (status !== "queued" || verb === "remove"))
      throw conflict(`Image ${id} is ${status}, which does not allow this of its locations.`);
    if (verb === "remove") this.#remove(position);
    else if (verb === "replace") this.#replace(value as PatchedLocation[]);
    else {
      if (position !== "-" && !/^\d+$/.test(position)) throw notAPosition();
      this.#add(value as PatchedLocation);
    }
  }

  #add({ url, metadata, validation_data: claimed }: PatchedLocation): void {
    if (claimed) this.#claim(claimed);
    const place = { url, ...this.#storedAs(url, metadata) };
    this.#refuseOthersBytes(url);
    if (this.#places.some((other) => other.url === url && sameMetadata(other.metadata, place.metadata)))
      throw invalid("The image has this location already.");
    const { quota } = this.#rules;
    if (quota >= 0 && this.#places.length >= quota)
      throw new ServiceError("tooLarge", `An image has at most ${quota} locations.`);
    this.#places.push(place);
  }

  #replace(wanted: readonly PatchedLocation[]): void {
    if (wanted.length === 0) throw forbidden("The locations of an image cannot all be taken away.");
    if (this.#places.length === 0) for (const location of wanted) this.#add(location);
    else {
      const left = [...wanted];
      this.#places = this.#places.map((place) => {
        const at = left.findIndex(({ url }) => url === place.url);
        const [now] = at < 0 ? [] : left.splice(at, 1);
        if (!now) throw notTheSame();
        if (now.validation_data) this.#claim(now.validation_data);
        return this.#described(place, now.metadata);
      });
      if (left.length > 0) throw notTheSame();
    }
  }

  /** The URL is not checked: it is already there. */
  #described(place: Place, { store = place.store, ...metadata }: PatchedLocation["metadata"]): Place {
    if (store !== place.store) throw invalid("A location cannot be given to another store.");
    return { ...place, metadata: { ...metadata, store }, described: true };
  }

  #remove(position: string): void {
    if (this.#places.length === 1) throw forbidden("Cannot remove the last location of an image.");
    const at = position === "-" ? this.#places.length - 1 : Number(position);
    if ((position !== "-" && !/^\d+$/.test(position)) || at >= this.#places.length) throw notAPosition();
    const [place] = this.#places.splice(at, 1);
    if (place?.id !== undefined) this.#removed.push(place.id);
  }

  /** The store of a URL. Its metadata names the store, as for every location. */
  #storedAs(url: string, metadata: Readonly<Record<string, string>>): Pick<NewPlace, "store" | "metadata"> {
    if (isForbiddenLocation(url)) throw invalid("Locations of this kind cannot be added.");
    const store = this.#rules.storeOf(url, metadata.store);
    if (store === undefined || (metadata.store !== undefined && metadata.store !== store))
      throw invalid("The location is of no store, or not of the one that it names.");
    return { store, metadata: { ...metadata, store } };
  }

  /** Our own stores hold the bytes of all projects: a caller who may name any location there can read any image. */
  #refuseOthersBytes(url: string): void {
    const { caller } = this.#rules;
    if (isHttpLocation(url) || isService(caller) || isAdmin(caller)) return;
    throw forbidden("Only services add locations that are no http URLs.");
  }

  /** Throws `conflict` for hashes that contradict the image's own. Otherwise they are taken on trust. */
  #claim(given: NonNullable<PatchedLocation["validation_data"]>): void {
    const { os_hash_algo: algo } = given;
    const value = given.os_hash_value.toLowerCase();
    const checksum = given.checksum?.toLowerCase();
    const image = this.#image;
    const known = this.#claimed ?? {
      algo: image.osHashAlgo,
      value: image.osHashValue,
      checksum: image.checksum,
    };
    if (algo !== this.#rules.hashAlgo) throw conflict(`os_hash_algo must be ${this.#rules.hashAlgo}.`);
    if (!isHex(value) || value.length !== HASH_CHARS[algo]) throw conflict(`os_hash_value is no ${algo}.`);
    if (checksum !== undefined && !isHex(checksum)) throw conflict("checksum is not hexadecimal.");
    if (known.value === null && image.status !== "queued")
      throw conflict("The image has no hash that these could be compared with.");
    if ((known.algo ?? algo) !== algo || (known.value ?? value) !== value)
      throw conflict("os_hash_value is not the image's.");
    if (checksum !== undefined && (known.checksum ?? checksum) !== checksum)
      throw conflict("checksum is not the image's.");
    if (image.status === "queued") this.#claimed = { algo, value, ...(checksum ? { checksum } : {}) };
  }
}

const notAPosition = () => invalid("The position of a location is its number, or '-'.");
const notTheSame = () => invalid("Locations are replaced by those of the same URLs alone.");

function sameMetadata(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
