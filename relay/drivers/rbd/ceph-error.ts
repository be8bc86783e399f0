import { constants } from "node:os";
import { type ErrorKind, ServiceError } from "../../../src/domain/errors.ts";

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno).map(([name, number]) => [number as number, name]),
);

/** An error that a function of Ceph's libraries returned. */
export class CephError extends Error {
  override readonly name = "CephError";
  readonly call: string;
  readonly errno: number;
  /** The names of clones or clients that prevent it, where they are known. */
  readonly inTheWay: readonly string[];

  constructor(call: string, errno: number, inTheWay: readonly string[] = []) {
    super(`${call} says ${NAMES.get(errno) ?? errno}`);
    this.call = call;
    this.errno = errno;
    this.inTheWay = inTheWay;
  }

  /** Named as in Node's own errors. */
  get code(): string {
    return NAMES.get(this.errno) ?? String(this.errno);
  }
}

const { EACCES, EAGAIN, EBUSY, EDQUOT, EEXIST, EFBIG, ENOENT, ENOSPC, EPERM, EROFS, ETIMEDOUT } =
  constants.errno;
/** This client was blocklisted, as Ceph does with clients that it takes for dead. Only a new client is let in. */
export const EBLOCKLISTED = 108;

const KIND: ReadonlyMap<number, ErrorKind> = new Map([
  [EAGAIN, "unavailable"],
  [ETIMEDOUT, "unavailable"],
  // The lock on the image is lost: the cluster was away.
  [EROFS, "unavailable"],
  [EBLOCKLISTED, "unavailable"],
  [ENOSPC, "full"],
  [EDQUOT, "full"],
  [EFBIG, "full"],
  [EACCES, "writeDenied"],
  [EPERM, "writeDenied"],
  [EEXIST, "conflict"],
  [ENOENT, "notFound"],
  [EBUSY, "busy"],
]);

const MESSAGE: Partial<Record<ErrorKind, string>> = {
  full: "The store has no room for the image data.",
  writeDenied: "The store may not be written.",
  conflict: "The store already holds image data under this name.",
  notFound: "The store has no such image data.",
  unavailable: "The store's cluster does not answer as it should.",
};

/** What the error means to the caller of the store. */
export function refusalOf(cause: unknown): ServiceError {
  if (cause instanceof ServiceError) return cause;
  const kind = (cause instanceof CephError ? KIND.get(cause.errno) : undefined) ?? "unavailable";
  const message = kind === "busy" ? inUse(cause as CephError) : (MESSAGE[kind] ?? "");
  return new ServiceError(kind, message, { cause });
}

const inUse = ({ inTheWay }: CephError): string =>
  inTheWay.length > 0 ? `The image data is in use by ${inTheWay.join(", ")}.` : "The image data is in use.";
