import type { Caller } from "../domain/caller.ts";
import { ServiceError } from "../domain/errors.ts";
import type { AppContext } from "../http/app-types.ts";

export async function authenticate(_c: AppContext): Promise<Caller> {
  throw new ServiceError("unauthorized", "not built yet");
}
