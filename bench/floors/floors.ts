/** What is the best that anything made of Node and workerd can do on this machine? Measured with nothing in them. */
import type { Effort } from "../effort.ts";
import type { Section } from "../table.ts";
import { byteFloors } from "./bytes.ts";
import { memoryFloors } from "./memory.ts";
import { objectFloors } from "./objects.ts";
import { showFloors } from "./shows.ts";

/** A table for each kind of work. */
export async function floors(effort: Effort): Promise<Section[]> {
  const sections: Section[] = [];
  for (const measure of [byteFloors, objectFloors, showFloors, memoryFloors])
    sections.push(await measure(effort));
  return sections;
}
