import { Hono } from "hono";
import type { AppTypes } from "../http/app-types.ts";

export const info = new Hono<AppTypes>();
