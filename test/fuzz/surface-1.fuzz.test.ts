import { surface } from "./surface.ts";

surface(1);
