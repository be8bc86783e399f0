import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";
import { coordinatorOf } from "../../src/durable/coordinator-of.ts";
import { HttpOrigin } from "./http-origin.ts";
import { bytesOf } from "./streams.ts";

/** Where the tests' web server is; the store that reads it is called `web`. */
export const WEB = "https://images.example.org";

/** A web server that every `fetch` of this file reaches, those of alarms that run by themselves included. */
export function aWebServer() {
  const origin = new HttpOrigin();
  vi.spyOn(globalThis, "fetch").mockImplementation((url, init) => origin.on("any")(String(url), init ?? {}));
  return {
    origin,
    /** Keeps so many bytes there, and tells their URL. */
    keep(size: number): string {
      const url = `${WEB}/${crypto.randomUUID()}`;
      origin.keep(url, bytesOf(size));
      return url;
    },
  };
}

const statusOfTask = (imageId: string) =>
  env.DB.prepare("SELECT status FROM tasks WHERE image_id = ? ORDER BY created_at DESC").bind(imageId);

/** Runs the image's alarms until its task has ended: some run by themselves meanwhile. Resolves with its status. */
export async function taskEnds(imageId: string): Promise<string> {
  return vi.waitFor(
    async () => {
      await runDurableObjectAlarm(coordinatorOf(env, imageId));
      const status = await statusOfTask(imageId).first<string>("status");
      expect(status).toMatch(/^(success|failure)$/);
      return status ?? "";
    },
    { timeout: 15_000, interval: 5 },
  );
}
