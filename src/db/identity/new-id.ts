/** An id in Keystone's format: 32 hex digits. */
export const newIdentityId = (): string => crypto.randomUUID().replaceAll("-", "");

/** No list of identity is longer. A truncated list says so, as Keystone's do. */
export const LIST_LIMIT = 1000;
