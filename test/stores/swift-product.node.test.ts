import { type ProductSubject, productOn } from "./product.node.ts";
import { servicesHere } from "./services.node.ts";
import type { SwiftService } from "./services.ts";
import { containerOf } from "./swift-container.node.ts";

const MiB = 1024 * 1024;
const SECOND_SEGMENT = "^PUT .*-00002$";
const MANIFEST = "^PUT .*multipart-manifest";

/** With a container of its own, which the service makes, and segments of which an image has several. */
function subjectOf(server: SwiftService): ProductSubject {
  const swift = { ...server, container: `glimpse-${Date.now()}` };
  const { container, key, user } = swift;
  const { origin, pathname } = new URL(swift.authUrl);
  return {
    server: { target: origin, secret: key, open: () => containerOf(swift) },
    settings: (url, secret_file) => ({
      ...{ type: "swift", auth_version: 1, user, secret_file, auth_url: url + pathname, container },
      ...{ create_container: true, segment_bytes: 6 * MiB, large_object_bytes: 15 * MiB },
      ...{ answer_seconds: 3, idle_seconds: 3 },
    }),
    location: (_, name) => `swift+config://ref1/${container}/${name}`,
    faults: [
      { on: SECOND_SEGMENT, times: [1], act: { do: "resetAt", in: "request", bytes: 500_000 } },
      { on: SECOND_SEGMENT, times: [1], act: { do: "loseAnswer" } },
      { on: SECOND_SEGMENT, times: [1], act: { do: "answer", status: 503, early: true } },
      { on: SECOND_SEGMENT, times: [1], act: { do: "answer", status: 401, early: true } },
      { on: SECOND_SEGMENT, act: { do: "stallAt", in: "request", bytes: 500_000 } },
      { on: MANIFEST, act: { do: "loseAnswer" } },
      { on: MANIFEST, times: [1], act: { do: "answer", status: 500 } },
    ],
    theirs: {
      // As Glance cuts it.
      put: async (kept, name, body) => {
        await kept.put(`${name}-00001`, body.subarray(0, 60_000));
        await kept.put(`${name}-00002`, body.subarray(60_000));
        await kept.put(name, "", { "x-object-manifest": `${container}/${name}-` });
      },
      location: (url, name) =>
        `swift+http://${encodeURIComponent(user)}:s3cr%2Fet@${placeOf(url, pathname)}/${container}/${name}`,
      refused: (url, name) => [
        `swift+config://ref1/${container}/${name}`,
        `swift+http://else:s3cr@${placeOf(url, pathname)}/${container}/${name}`,
      ],
    },
  };
}

const placeOf = (url: string, pathname: string) => new URL(url).host + pathname;

const { "ceph-swift": ceph, "openstack-swift": openstack } = servicesHere();
for (const [name, server] of Object.entries({ "ceph-swift": ceph, "openstack-swift": openstack }))
  productOn(name, server && subjectOf(server));
