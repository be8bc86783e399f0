import { surface } from "./surface.ts";

surface(2);
