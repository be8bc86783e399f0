import { dataOf, type Schemas } from "./api.ts";
import { ClientError } from "./errors.ts";
import { type Image, ofImage, showImage, updateImage } from "./images.ts";
import type { Session } from "./session.ts";

export type ImageLocation = Schemas["Location"];
export type LocationMetadata = ImageLocation["metadata"];
export type LocationCreate = Schemas["LocationCreate"];

/** What the bytes hash to, for a location whose image has no hashes yet. */
export type ValidationData = Readonly<Record<string, string>>;

/**
 * Has the service make a queued image of the data, and does not wait for it; the image as it is then. Works where
 * locations are not shown, which a patch of them does not.
 */
export async function importLocation(
  session: Session,
  imageId: string,
  location: LocationCreate,
): Promise<Image> {
  await session.api.POST("/v2/images/{image_id}/locations", { params: ofImage(imageId), body: location });
  return showImage(session, imageId);
}

/** The places of an image, also where images do not show them. */
export const listLocations = (session: Session, imageId: string): Promise<readonly ImageLocation[]> =>
  dataOf(session.api.GET("/v2/images/{image_id}/locations", { params: ofImage(imageId) }));

/** Locations by patch, which is how the stock client changes them. Each gives back the image as it is then. */
export async function addLocation(
  session: Session,
  imageId: string,
  { validationData, ...location }: ImageLocation & { validationData: ValidationData },
): Promise<Image> {
  const validation = Object.keys(validationData).length > 0 ? { validation_data: validationData } : {};
  const value = { ...location, ...validation };
  await updateImage(session, imageId, [{ op: "add", path: "/locations/-", value }]);
  return showImage(session, imageId);
}

/** Rejects when the image does not have the URL. What is so already is not sent. */
export async function updateLocation(
  session: Session,
  imageId: string,
  { url, metadata }: ImageLocation,
): Promise<Image> {
  const image = await showImage(session, imageId);
  const locations = locationsOf(image);
  const found = locations.find((location) => location.url === url);
  if (!found) throw unknownUrls([url]);
  if (JSON.stringify(found.metadata) === JSON.stringify(metadata)) return image;
  const value = locations.map((location) => (location === found ? { ...location, metadata } : location));
  await updateImage(session, imageId, [{ op: "replace", path: "/locations", value }]);
  return showImage(session, imageId);
}

/** Rejects when the image does not have all of the URLs. */
export async function deleteLocations(
  session: Session,
  imageId: string,
  urls: readonly string[],
): Promise<void> {
  const known = locationsOf(await showImage(session, imageId)).map(({ url }) => url);
  const unknown = urls.filter((url) => !known.includes(url));
  if (unknown.length > 0) throw unknownUrls(unknown);
  // From the end, so that what is removed moves nothing that is still to be removed.
  const places = [...new Set(urls)].map((url) => known.indexOf(url)).sort((a, b) => b - a);
  const removals = places.map((place) => ({ op: "remove" as const, path: `/locations/${place}` }));
  await updateImage(session, imageId, removals);
}

/** Takes off the copy that one store holds, and has its data removed. The last copy stays. */
export async function deleteStoreCopy(session: Session, imageId: string, storeId: string): Promise<void> {
  const path = { store_id: storeId, image_id: imageId };
  await session.api.DELETE("/v2/stores/{store_id}/{image_id}", { params: { path } });
}

function locationsOf(image: Image): readonly ImageLocation[] {
  if (image.locations) return image.locations;
  throw new ClientError("The administrator has disabled API access to image locations.", { status: 403 });
}

const unknownUrls = (urls: readonly string[]) =>
  new ClientError(`The image has no location ${urls.join(", ")}.`, { status: 404 });
