import { Hono } from "hono";
import type { AppTypes } from "../http/app-types.ts";

export const images = new Hono<AppTypes>();
