import type { Examination } from "../../src/stores/examine.ts";
import { openS3, openSwift } from "../drivers/object/open-object.ts";
import { examineRbd } from "../drivers/rbd/examine-rbd.ts";
import type { RelayStoreSettings } from "../settings.ts";
import { examineFile } from "./examine-file.ts";
import { examineObject } from "./examine-object.ts";

/** Examines each store of the settings and prints one line per finding. Resolves to whether all is well. */
export async function examineStores(
  stores: readonly RelayStoreSettings[],
  tell: (line: string) => void,
): Promise<boolean> {
  let well = true;
  for (const store of stores)
    for await (const { ok, remedy, what } of examinationOf(store)) {
      well &&= ok;
      tell(`${ok ? "ok  " : "FAIL"} ${store.id}: ${what}`);
      if (!ok && remedy) tell(`     ${remedy}`);
    }
  return well;
}

function examinationOf(store: RelayStoreSettings): Examination {
  switch (store.type) {
    case "file":
      return examineFile(store);
    case "rbd":
      return examineRbd(store);
    case "s3":
      return examineObject((memory) => openS3(store, memory), store.read_only ?? false);
    case "swift":
      return examineObject((memory) => openSwift(store, memory), store.read_only ?? false);
    case "memory":
      return nothingToExamine();
  }
}

async function* nothingToExamine(): Examination {
  yield { ok: true, what: "is in memory, and empty at every start" };
}
