/** An id as Keystone makes them: 32 hex digits. */
export const newIdentityId = (): string => crypto.randomUUID().replaceAll("-", "");

/** No list of identity is longer; a longer one says that it is cut, as Keystone's do. */
export const LIST_LIMIT = 1000;
