import { describe, expect, inject, test } from "vitest";
import type { SwiftAccount } from "../../src/stores/swift-auth.ts";
import { type Act, Proxied } from "../support/faults.ts";
import { bytesFrom, bytesOf, streamOf } from "../support/streams.ts";
import { namesIn, openSwift } from "./open-swift.ts";
import type { KeystoneSwiftService } from "./services.ts";

const KiB = 1024;
const MiB = 1024 * KiB;
const SIZES = { bufferBytes: 200 * KiB, segmentBytes: 512 * KiB, largeObjectBytes: 1100 * KiB };
const { faultControl, services } = inject("stores");
const here = services["openstack-swift-keystone"];

/** A store that remembers with which tokens it asks. */
function remembering(service: KeystoneSwiftService) {
  const tokens: string[] = [];
  const store = openSwift(service, {
    // As the product has it: a server takes no more of a body than fits its sockets before it knows the token.
    ...{ bufferBytes: 8 * MiB, segmentBytes: 6 * MiB },
    fetch: (url, init) => {
      const token = new Headers(init.headers).get("x-auth-token");
      if (token !== null && token !== tokens.at(-1)) tokens.push(token);
      return fetch(url, init);
    },
  });
  return { store, tokens };
}

/** As an operator does, or whoever changes a password. */
async function revoke({ authUrl }: KeystoneSwiftService, token = ""): Promise<void> {
  const headers = { "x-auth-token": token, "x-subject-token": token };
  expect((await fetch(`${authUrl}/auth/tokens`, { method: "DELETE", headers })).status).toBe(204);
}

if (here) keystone(here);

function keystone(service: KeystoneSwiftService): void {
  const { container, key, lent, project, user } = service;
  const account = { version: 3, user, key, projectName: project, interface: "public" } as const;

  describe("who is let in by Keystone: openstack-swift-keystone", () => {
    test.each<[string, SwiftAccount]>([
      ["the user of a project", account],
      ["in the region that it names", { ...account, region: "RegionOne" }],
      ["by the names of domains", { ...account, userDomainName: "Default", projectDomainName: "Default" }],
      ["a credential that they have lent", lentAccount(lent)],
    ])("%s puts, reads and removes", async (_, account) => {
      const store = openSwift(service, { ...SIZES, account });
      const name = crypto.randomUUID();
      const { location } = await store.put(name, streamOf(bytesOf(1200 * KiB)));
      expect(location).toBe(`swift+config://ref1/${container}/${name}`);
      expect(await bytesFrom((await store.get(location)).body)).toEqual(bytesOf(1200 * KiB));
      await store.delete(location);
      expect(await namesIn(service, name)).toEqual([]);
    });

    test.each<[string, SwiftAccount, RegExp]>([
      [
        "a wrong password",
        { ...account, key: "s3cr et" },
        /swift cannot log in: .*credentials are not taken/,
      ],
      ["a user that there is not", { ...account, user: "nobody" }, /swift cannot log in/],
      ["a project that there is not", { ...account, projectName: "none" }, /swift cannot log in/],
      ["a wrong credential", lentAccount({ ...lent, secret: "s3cr et" }), /swift cannot log in/],
      ["a region without Swift", { ...account, region: "elsewhere" }, /swift finds no object-store endpoint/],
      [
        "an interface without Swift",
        { ...account, interface: "admin" },
        /swift finds no object-store endpoint/,
      ],
    ])("%s is told", async (_, account, message) => {
      const store = openSwift(service, { account });
      const error = await store.put(crypto.randomUUID(), streamOf(bytesOf(9))).catch((e: unknown) => e);
      expect(error).toMatchObject({ kind: "unavailable", message: expect.stringMatching(message) });
      expect(`${error} ${(error as Error).cause}`).not.toContain("s3cr et");
    });

    test("a token that is revoked is renewed, between requests and in the middle of an upload", async () => {
      const { store, tokens } = remembering(service);
      const name = crypto.randomUUID();
      await store.put(name, streamOf(bytesOf(9)));
      await revoke(service, tokens.at(-1));
      expect(await store.stat(store.locationOf(name))).toEqual({ size: 9 });
      expect(tokens).toHaveLength(2);
      await store.delete(store.locationOf(name));

      const bytes = bytesOf(20 * MiB);
      let sent = 0;
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          // A segment is up, and the next one has begun.
          if (sent === 10 * MiB) await revoke(service, tokens.at(-1));
          controller.enqueue(bytes.slice(sent, sent + MiB));
          sent += MiB;
          if (sent === bytes.byteLength) controller.close();
        },
      });
      const { location } = await store.put(name, body);
      expect(tokens).toHaveLength(3);
      expect(await bytesFrom((await store.get(location)).body)).toEqual(bytes);
      await store.delete(location);
      expect(await namesIn(service, name)).toEqual([]);
    });

    test.each<[string, Act]>([
      ["resets", { do: "reset" }],
      ["errs", { do: "answer", status: 500 }],
      ["is busy", { do: "answer", status: 503, early: true }],
      ["is not heard", { do: "loseAnswer" }],
      ["breaks off", { do: "resetAt", in: "answer", bytes: 100 }],
      ["ends early", { do: "endAt", in: "answer", bytes: 100 }],
      ["does not answer in time", { do: "stall" }],
    ])("a Keystone that %s for once is asked again", async (_, act) => {
      await using proxy = await Proxied.before(new URL(service.authUrl).origin, faultControl);
      await proxy.set({ on: "POST .*/auth/tokens", act });
      const authUrl = proxy.url + new URL(service.authUrl).pathname;
      const store = openSwift({ ...service, authUrl }, { answerSeconds: 5 });
      const name = crypto.randomUUID();
      await store.put(name, streamOf(bytesOf(9)), { size: 9 });
      expect((await proxy.seen()).filter((call) => call.startsWith("POST"))).toHaveLength(2);
      await store.delete(store.locationOf(name));
    });
  });
}

function lentAccount({ id, secret }: KeystoneSwiftService["lent"]): SwiftAccount {
  return { version: 3, key: secret, applicationCredentialId: id, interface: "public" };
}
