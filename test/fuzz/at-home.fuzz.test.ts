import { surface } from "./surface.ts";

/** Where a read is answered from a copy that a write did not take, the model knows better. */
surface(3);
