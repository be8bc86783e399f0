import type { Session } from "../../../client/session.ts";

/** What there is for calls to be about; whatever a call deletes it makes itself. */
export interface Made {
  readonly password: string;
  readonly adminId: string;
  readonly projectId: string;
  readonly memberRoleId: string;
  /** An image that is active, of the file store. */
  readonly imageId: string;
  /** One that was made of a location, in a task. */
  readonly importedId: string;
  /** A member of the project, by name and password. */
  readonly memberBy: (name: string, password: string) => Session;
  /** Where a web server has bytes. */
  readonly dataUrl: string;
}

/** A call of an operation as the administrator, which succeeds. */
export type Call = (
  session: Session,
  made: Made,
) => Promise<{ readonly response: { readonly status: number } }>;
