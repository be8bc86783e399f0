import { Hono } from "hono";
import { DOMAIN_ID, DOMAIN_NAME } from "../../auth/session.ts";
import type { AppTypes } from "../../http/app-types.ts";
import { apiUrl } from "./catalog.ts";
import { notFound } from "./request.ts";
import { domainView, listView } from "./views.ts";

/** There is one domain, which nobody can create or delete. */
export const domains = new Hono<AppTypes>()
  .get("/domains", (c) => {
    const name = c.req.query("name")?.toLowerCase() ?? DOMAIN_NAME.toLowerCase();
    const wanted = name === DOMAIN_NAME.toLowerCase() ? [domainView(apiUrl(c))] : [];
    return c.json(listView("domains", c.req.url, wanted, (domain) => domain));
  })
  .get("/domains/:id", (c) => {
    if (c.req.param("id") !== DOMAIN_ID) throw notFound("domain", c.req.param("id"));
    return c.json({ domain: domainView(apiUrl(c)) });
  });
