import type { Caller } from "./caller.ts";
import { ServiceError } from "./errors.ts";
import type { ImageRecord } from "./image.ts";
import { isServiceOwned } from "./image-attributes.ts";
import { allows, type Rule, type Target } from "./policy.ts";

export const PROPERTY_OPERATIONS = ["create", "read", "update", "delete"] as const;
export type PropertyOperation = (typeof PROPERTY_OPERATIONS)[number];

/**
 * Who may do something: everybody, nobody, callers with one of the roles, or callers whom the rule allows to act on the
 * image.
 */
export type PropertyRight = "everybody" | "nobody" | { readonly roles: readonly string[] } | { rule: Rule };

/** Who may do what with the properties whose names match the pattern. */
export interface ProtectedProperties {
  readonly pattern: RegExp;
  readonly rights: Readonly<Record<PropertyOperation, PropertyRight>>;
}

/**
 * Who may access which additional properties. The first entry that matches a name decides; if none matches, nobody may,
 * not even an administrator (spec/rbac.md section 6). Absent: no protection beyond the image's own.
 */
export type PropertyProtection = readonly ProtectedProperties[] | undefined;

/** The service's own properties are not protected. */
export function mayTouchProperty(
  protection: PropertyProtection,
  operation: PropertyOperation,
  name: string,
  { caller, target }: { caller: Caller; target: Target },
): boolean {
  if (!protection || isServiceOwned(name)) return true;
  const right = protection.find(({ pattern }) => pattern.test(name))?.rights[operation] ?? "nobody";
  if (typeof right === "string") return right === "everybody";
  if ("rule" in right) return allows(right.rule, caller, target);
  return [...caller.roles, ...caller.serviceRoles].some((role) => right.roles.includes(role));
}

/** Throws `forbidden` if the caller may not do this with the property. */
export function requireProperty(
  protection: PropertyProtection,
  operation: PropertyOperation,
  name: string,
  asked: { caller: Caller; target: Target },
): void {
  if (!mayTouchProperty(protection, operation, name, asked))
    throw new ServiceError("forbidden", `Property '${name}' is protected: you may not ${operation} it.`);
}

/** The image without the properties that the caller may not read. */
export function readableImage(
  image: ImageRecord,
  caller: Caller,
  protection: PropertyProtection,
): ImageRecord {
  if (!protection) return image;
  const readable = Object.entries(image.properties).filter(([name]) =>
    mayTouchProperty(protection, "read", name, { caller, target: image }),
  );
  return { ...image, properties: Object.fromEntries(readable) };
}
