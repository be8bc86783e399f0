import { unsettledImages } from "../db/transitions.ts";
import { coordinatorOf } from "../durable/coordinator-of.ts";
import type { RelayLife } from "../durable/transfers.ts";
import { configOf, type Env } from "../env.ts";
import { errorFields, logFrom } from "../http/log.ts";

const PAGE = 50;

/**
 * Asks the object of every image with unfinished work to finish it. Their alarms do this by themselves. The sweep is
 * for an alarm that was lost, and lets a service or relay that was restarted end the uploads of its earlier life at
 * once.
 */
export async function sweep(env: Env, relay?: RelayLife): Promise<void> {
  const configured = configOf(env);
  const log = logFrom(configured.ok ? configured.config.logLevel : "info");
  for (let after = "", page: string[] = []; ; after = page.at(-1) ?? "") {
    page = await unsettledImages(env.DB, after, PAGE);
    await Promise.all(
      page.map((id) =>
        coordinatorOf(env, id)
          .settle(relay)
          .catch((error) => log.error("an image could not be settled", { image: id, ...errorFields(error) })),
      ),
    );
    if (page.length < PAGE) return;
  }
}
