/** What do bare programs of Node and workerd take on this machine, that do as little as they can? */
import type { Effort } from "../effort.ts";
import type { Section } from "../table.ts";
import { byteFloors } from "./bytes.ts";
import { memoryFloors } from "./memory.ts";
import { objectFloors } from "./objects.ts";

/** A table for each kind of work. */
export async function floors(effort: Effort): Promise<Section[]> {
  const sections: Section[] = [];
  for (const measure of [byteFloors, objectFloors, memoryFloors]) sections.push(await measure(effort));
  return sections;
}
