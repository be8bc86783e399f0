import { expect, test } from "vitest";
import type { Caller } from "./caller.ts";
import { mayTouchProperty, PROPERTY_OPERATIONS, type PropertyProtection } from "./property-protection.ts";

const caller = (roles: string[], serviceRoles: string[] = []): Caller => ({
  ...{ userId: "u", projectId: "p1", domainId: "default", expiresAt: 0 },
  ...{ roles, serviceRoles },
});
const target = { id: "i", owner: "p1", visibility: "private", isMember: false };
const NOBODY = { create: "nobody", read: "nobody", update: "nobody", delete: "nobody" } as const;
const protection: PropertyProtection = [
  { pattern: /^x_/, rights: { ...NOBODY, read: { roles: ["nova"] } } },
  { pattern: /.*/, rights: NOBODY },
];
const mayRead = (name: string, who: Caller) =>
  mayTouchProperty(protection, "read", name, { caller: who, target });

test("the roles of a service token count too", () => {
  expect(mayRead("x_a", caller(["admin"]))).toBe(false);
  expect(mayRead("x_a", caller(["nova"]))).toBe(true);
  expect(mayRead("x_a", caller(["member"], ["nova"]))).toBe(true);
});

test("what the service keeps for itself is under no protection", () => {
  for (const operation of PROPERTY_OPERATIONS)
    for (const name of ["os_glance_failed_import", "os_glance"])
      expect(mayTouchProperty(protection, operation, name, { caller: caller([]), target })).toBe(true);
  expect(mayRead("my_os_glance_x", caller(["nova"]))).toBe(false);
});

test("an administrator is under protection as everybody", () => {
  expect(mayRead("anything", caller(["admin", "member", "reader"]))).toBe(false);
});
