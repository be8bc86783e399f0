import { beforeAll, describe, expect, inject, test } from "vitest";
import type { SwiftStore } from "../../src/stores/swift.ts";
import { headOf, listed } from "../../src/stores/swift-objects.ts";
import { Proxied } from "../support/faults.ts";
import { bytesFrom, bytesOf, streamOf } from "../support/streams.ts";
import { namesIn, openSwift, swiftClient } from "./open-swift.ts";
import type { SwiftService } from "./services.ts";

const KiB = 1024;
const { services, faultControl } = inject("stores");
const stores = Object.entries(services).filter(([name]) => name.endsWith("-swift")) as [
  string,
  SwiftService,
][];

for (const [name, service] of stores)
  describe(`swift: ${name}`, () => {
    const client = swiftClient(service);
    const { container } = service;

    // Whoever else runs beside these may not have made it yet.
    beforeAll(() => client.ensureContainer(container));

    /** An object as another program puts it there. */
    const lay = async (path: string, body: string | Uint8Array, headers = {}, query?: string) => {
      const asked = {
        method: "PUT",
        path,
        body,
        headers,
        ...(query === undefined ? {} : { query }),
      } as const;
      expect((await client.ask(asked)).status).toBe(201);
    };
    const read = async (store: SwiftStore, location: string) => bytesFrom((await store.get(location)).body);

    test("reads, ranges and removes what Glance cut into a dynamic large object, and nothing beside it", async () => {
      const store = openSwift(service);
      const key = crypto.randomUUID();
      const bytes = bytesOf(2500 * KiB);
      for (let i = 0; i < 3; i++)
        await lay(`${container}/${key}-0000${i + 1}`, bytes.slice(i * 1000 * KiB, (i + 1) * 1000 * KiB));
      await lay(`${container}/${key}`, "", { "x-object-manifest": `${container}/${key}-` });
      await lay(`${container}/${key}.2`, "another attempt");
      const location = `swift+config://ref1/${container}/${key}`;
      expect(await store.stat(location)).toEqual({ size: bytes.byteLength });
      expect(await read(store, location)).toEqual(bytes);
      const range = { start: 999 * KiB, end: 2001 * KiB };
      expect(await bytesFrom((await store.get(location, range)).body)).toEqual(
        bytes.slice(range.start, range.end + 1),
      );
      const keys: string[] = [];
      for await (const found of store.list(key)) keys.push(found);
      expect(keys.sort()).toEqual([key, `${key}.2`]);
      await store.delete(location);
      expect(await namesIn(service, key)).toEqual([`${key}.2`]);
      await store.delete(`${location}.2`);
    });

    test("removes a static large object with its segments, wherever those are", async () => {
      const store = openSwift(service);
      const key = crypto.randomUUID();
      await lay(`${container}/${key}/segment`, "all of it");
      const etag = "f7b4f16a8dc5b2a1e2bbb1ad4d0f2e6f";
      const made = await headOf(client, { container, key: `${key}/segment` });
      const manifest = [{ path: `/${container}/${key}/segment`, etag: made?.etag ?? etag, size_bytes: 9 }];
      await lay(`${container}/${key}`, JSON.stringify(manifest), {}, "multipart-manifest=put");
      const location = store.locationOf(key);
      expect(new TextDecoder().decode(await read(store, location))).toBe("all of it");
      await store.delete(location);
      expect(await namesIn(service, key)).toEqual([]);
    });

    test("removes a dynamic manifest, but not what it names of another image", async () => {
      const store = openSwift(service);
      const [key, other] = [crypto.randomUUID(), crypto.randomUUID()];
      await lay(`${container}/${other}-00001`, "another's");
      await lay(`${container}/${key}`, "", { "x-object-manifest": `${container}/${other}-` });
      await store.delete(store.locationOf(key));
      expect(await namesIn(service, key)).toEqual([]);
      expect(await namesIn(service, other)).toEqual([`${other}-00001`]);
      await store.delete(store.locationOf(other));
      expect(await namesIn(service, other)).toEqual([]);
    });

    test("makes a static large object whose size everybody is told", async () => {
      const store = openSwift(service, { segmentBytes: 1024 * KiB, largeObjectBytes: 1024 * KiB });
      const key = crypto.randomUUID();
      const size = 2500 * KiB;
      const { location } = await store.put(key, streamOf(bytesOf(size)), { size });
      expect(await headOf(client, { container, key })).toMatchObject({ size, isStatic: true });
      await store.delete(location);
      expect(await namesIn(service, key)).toEqual([]);
    });

    test("makes dynamic ones for a server that says nothing of static ones", async () => {
      await using proxy = await Proxied.before(new URL(service.authUrl).origin, faultControl);
      const silent = { do: "answer", status: 404 } as const;
      await proxy.set({ on: "GET .*/info", times: 1000, act: silent });
      const authUrl = proxy.url + new URL(service.authUrl).pathname;
      const sizes = { segmentBytes: 1024 * KiB, bufferBytes: 512 * KiB, largeObjectBytes: 1024 * KiB };
      const store = openSwift({ ...service, authUrl }, sizes);
      const bytes = bytesOf(2500 * KiB);
      for (const size of [{}, { size: bytes.byteLength }]) {
        const key = crypto.randomUUID();
        const { location } = await store.put(key, streamOf(bytes), size);
        const head = await headOf(client, { container, key });
        expect(head).toMatchObject({ size: bytes.byteLength, isStatic: false });
        expect(head?.manifest).toMatch(new RegExp(`^${container}/${key}-[0-9a-f]{12}-$`));
        expect(await read(store, location)).toEqual(bytes);
        await store.delete(location);
        expect(await namesIn(service, key)).toEqual([]);
      }
    });

    test("makes a dynamic one of more parts than a static one takes", async () => {
      await using proxy = await Proxied.before(new URL(service.authUrl).origin, faultControl);
      const body = JSON.stringify({ slo: { max_manifest_segments: 2 } });
      await proxy.set({ on: "GET .*/info", times: 1000, act: { do: "answer", status: 200, body } });
      const authUrl = proxy.url + new URL(service.authUrl).pathname;
      const store = openSwift({ ...service, authUrl });
      const key = crypto.randomUUID();
      const upload = await store.parts.create(key);
      const parts = [];
      for (const number of [1, 2, 3]) {
        const etag = await store.parts.put(key, upload, { number, bytes: 9 }, streamOf(bytesOf(9, number)));
        parts.push({ number, etag });
      }
      await store.parts.complete(key, upload, parts);
      await store.parts.complete(key, upload, parts);
      expect(await headOf(client, { container, key })).toMatchObject({ size: 27, isStatic: false });
      const whole = [1, 2, 3].flatMap((seed) => [...bytesOf(9, seed)]);
      expect(await read(store, store.locationOf(key))).toEqual(new Uint8Array(whole));
      await store.delete(store.locationOf(key));
      expect(await namesIn(service, key)).toEqual([]);
    });

    test("makes an image of no part and of a part that was sent twice, and drops parts", async () => {
      const store = openSwift(service);
      const [empty, key] = [crypto.randomUUID(), crypto.randomUUID()];
      const none = await store.parts.create(empty);
      await store.parts.complete(empty, none, []);
      await store.parts.complete(empty, none, []);
      expect(await store.stat(store.locationOf(empty))).toEqual({ size: 0 });
      await expect(store.parts.complete(empty, await store.parts.create(empty), [])).rejects.toMatchObject({
        kind: "conflict",
      });
      const upload = await store.parts.create(key);
      const send = (seed: number) =>
        store.parts.put(key, upload, { number: 1, bytes: 9 }, streamOf(bytesOf(9, seed)));
      await send(1);
      await store.parts.complete(key, upload, [{ number: 1, etag: await send(2) }]);
      expect(await read(store, store.locationOf(key))).toEqual(bytesOf(9, 2));
      const given = await store.parts.create(`${key}.2`);
      await store.parts.put(`${key}.2`, given, { number: 1, bytes: 9 }, streamOf(bytesOf(9)));
      await store.parts.abort(`${key}.2`, given);
      await store.parts.abort(`${key}.2`, given);
      expect(await namesIn(service, `${key}.2`)).toEqual([]);
      for (const made of [empty, key]) await store.delete(store.locationOf(made));
    });

    test("spreads images over containers that it makes, and lists them all", async () => {
      const sharded = { ...service, container: `${container}-shards` };
      const store = openSwift(sharded, { containerSeed: 2 });
      const keys = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
      for (const key of keys) {
        const { location } = await store.put(key, streamOf(bytesOf(9)));
        expect(location).toBe(`swift+config://ref1/${sharded.container}_${key.slice(0, 2)}/${key}`);
      }
      const found: string[] = [];
      for await (const key of store.list("")) found.push(key);
      expect(found).toEqual(expect.arrayContaining(keys));
      const [first = ""] = keys;
      for (const prefix of [first.slice(0, 1), first.slice(0, 2), first]) {
        const some: string[] = [];
        for await (const key of store.list(prefix)) some.push(key);
        expect(some).toContain(first);
        expect(some.every((key) => key.startsWith(prefix))).toBe(true);
      }
      // Who had another seed before still finds its images.
      expect(await read(openSwift(sharded), store.locationOf(first))).toEqual(bytesOf(9));
      for (const key of keys) await store.delete(store.locationOf(key));
      for await (const { name } of listed(client, "", `${sharded.container}_`))
        await client.ask({ method: "DELETE", path: name });
    });

    test("says so where a container is missing and may not be made", async () => {
      const missing = { ...service, container: "there-is-no-such-container" };
      const store = openSwift(missing, { createContainer: false });
      const key = crypto.randomUUID();
      await expect(store.put(key, streamOf(bytesOf(9)))).rejects.toMatchObject({
        kind: "unavailable",
        message:
          "The store swift has no container there-is-no-such-container, and is not allowed to make it.",
      });
      for (const read of [store.stat, store.get])
        await expect(read.call(store, store.locationOf(key))).rejects.toMatchObject({
          kind: "unavailable",
          message: "The store swift has no container there-is-no-such-container.",
        });
      await store.delete(store.locationOf(key));
      for await (const _ of store.list("")) throw new Error("there is nothing");
    });

    test("gets a container back that was removed behind its back", async () => {
      const brief = { ...service, container: `${container}-brief` };
      const store = openSwift(brief);
      const first = store.locationOf(crypto.randomUUID());
      await store.put(first.slice(first.lastIndexOf("/") + 1), streamOf(bytesOf(9)));
      await store.delete(first);
      expect((await client.ask({ method: "DELETE", path: brief.container })).status).toBe(204);
      const key = crypto.randomUUID();
      const put = () => store.put(key, streamOf(bytesOf(9)), { size: 9 });
      await put().catch(put);
      expect(await read(store, store.locationOf(key))).toEqual(bytesOf(9));
      await store.delete(store.locationOf(key));
      await client.ask({ method: "DELETE", path: brief.container });
    });
  });
