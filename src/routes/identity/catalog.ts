import { Hono } from "hono";
import type { AppContext, AppTypes } from "../../http/app-types.ts";
import { baseUrl } from "../../http/base-url.ts";
import { notFound } from "./request.ts";
import { listView } from "./views.ts";

/** The URL of the identity API, with which `links` of its resources start. */
export const apiUrl = (c: AppContext): string => `${baseUrl(c)}/identity/v3`;

/** The services of this program: the catalogue follows from the configuration and is not a table. */
export const services = (base: string) => [
  { id: "image", type: "image", name: "glimpse", description: "Image service", url: base },
  {
    id: "identity",
    type: "identity",
    name: "glimpse-identity",
    description: "Identity service",
    url: `${base}/identity/v3`,
  },
];
type Service = ReturnType<typeof services>[number];

const INTERFACES = ["public", "internal", "admin"] as const;

const endpointsOf = (service: Service, region: string) =>
  INTERFACES.map((side) => ({
    id: `${service.id}-${side}`,
    interface: side,
    region,
    region_id: region,
    url: service.url,
  }));

/** The catalogue in tokens. */
export const catalogOf = (c: AppContext) =>
  services(baseUrl(c)).map((service) => ({
    id: service.id,
    type: service.type,
    name: service.name,
    endpoints: endpointsOf(service, regionOf(c)),
  }));

const regionOf = (c: AppContext): string => {
  const { identity } = c.var.config;
  return identity.mode === "embedded" ? identity.region : "RegionOne";
};

const serviceView = (api: string, { id, type, name, description }: Service) => ({
  id,
  type,
  name,
  description,
  enabled: true,
  links: { self: `${api}/services/${id}` },
});

const endpointViews = (c: AppContext) =>
  services(baseUrl(c)).flatMap((service) =>
    endpointsOf(service, regionOf(c)).map((endpoint) => ({
      ...endpoint,
      service_id: service.id,
      enabled: true,
      links: { self: `${apiUrl(c)}/endpoints/${endpoint.id}` },
    })),
  );

export const catalog = new Hono<AppTypes>()
  .get("/auth/catalog", (c) =>
    c.json({ catalog: catalogOf(c), links: { next: null, previous: null, self: c.req.url } }),
  )
  .get("/services", (c) => {
    const { type, name } = c.req.query();
    const wanted = services(baseUrl(c)).filter(
      (service) => (type ?? service.type) === service.type && (name ?? service.name) === service.name,
    );
    return c.json(listView("services", c.req.url, wanted, (service) => serviceView(apiUrl(c), service)));
  })
  .get("/services/:id", (c) => {
    const service = services(baseUrl(c)).find(({ id }) => id === c.req.param("id"));
    if (!service) throw notFound("service", c.req.param("id"));
    return c.json({ service: serviceView(apiUrl(c), service) });
  })
  .get("/endpoints", (c) => {
    const { service_id, interface: side, region_id } = c.req.query();
    const wanted = endpointViews(c).filter(
      (endpoint) =>
        (service_id ?? endpoint.service_id) === endpoint.service_id &&
        (side ?? endpoint.interface) === endpoint.interface &&
        (region_id ?? endpoint.region_id) === endpoint.region_id,
    );
    return c.json(listView("endpoints", c.req.url, wanted, (endpoint) => endpoint));
  })
  .get("/endpoints/:id", (c) => {
    const endpoint = endpointViews(c).find(({ id }) => id === c.req.param("id"));
    if (!endpoint) throw notFound("endpoint", c.req.param("id"));
    return c.json({ endpoint });
  });
