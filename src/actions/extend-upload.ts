import { imageOwner } from "../db/reservations.ts";
import { type Refusal, refuse } from "../domain/errors.ts";
import { mostOf } from "../domain/quotas.ts";
import type { Allowed } from "../durable/allowances.ts";
import { coordinatorOf } from "../durable/coordinator-of.ts";
import { limitsOf } from "./project-limits.ts";
import type { Scope } from "./scope.ts";

export interface Growing {
  readonly imageId: string;
  readonly lease: string;
  /** The relay that holds the lease; absent if the worker does. */
  readonly relay?: string;
  /** How many bytes the upload wants to have in all. */
  readonly bytes: number;
}

/**
 * Reserves more of the owner's quota for an upload of unknown length. The owner may have changed since the upload
 * began.
 */
export async function extendUpload(
  scope: Pick<Scope, "env" | "config">,
  { imageId, lease, relay, bytes }: Growing,
): Promise<Allowed | Refusal> {
  const image = await imageOwner(scope.env.DB, imageId);
  if (!image) return refuse("notFound", `No image found with ID ${imageId}`);
  const { bytes: mostBytes } = mostOf(await limitsOf(scope, image.owner));
  return coordinatorOf(scope.env, imageId).extend(lease, { bytes, mostBytes }, relay);
}
