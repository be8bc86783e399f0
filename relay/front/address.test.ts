import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { addresses, lastForwarded } from "./address.ts";

interface Came {
  readonly from?: string;
  readonly host?: string;
  readonly forwarded?: string;
  readonly encrypted?: boolean;
}

const request = ({ from = "192.0.2.7", host, forwarded, encrypted = false }: Came) =>
  ({
    headers: { ...(host === undefined ? {} : { host }), ...(forwarded === undefined ? {} : { forwarded }) },
    socket: { remoteAddress: from, localAddress: "::ffff:10.0.0.1", localPort: 9292, encrypted },
  }) as unknown as IncomingMessage;

const siteOf = (came: Came, trustedProxies: string[] = [], publicUrl?: string) =>
  addresses({ trustedProxies, ...(publicUrl === undefined ? {} : { publicUrl }) })(request(came)).site;

test("links name the host that the client named, and the scheme by which it came", () => {
  expect(siteOf({ host: "images:9292" })).toBe("http://images:9292");
  expect(siteOf({ host: "[::1]:9292", encrypted: true })).toBe("https://[::1]:9292");
});

test("a public URL comes before whatever the client named", () => {
  expect(siteOf({ host: "images:9292" }, [], "https://images.example")).toBe("https://images.example");
});

test.each(["evil.example/x", "a b", "user@host", "host:port", '"', "a,b", "", "x".repeat(300)])(
  "a host of %j gets into no link",
  (host) => expect(siteOf({ host })).toBe("http://10.0.0.1:9292"),
);

const FORWARDED = 'for=203.0.113.9;host="images.example:8443";proto=https';

test.each([
  ["its address", "10.1.2.3", ["10.1.2.3"]],
  ["its network", "10.1.2.3", ["10.0.0.0/8"]],
  ["its IPv4 address on a socket of both kinds", "::ffff:10.1.2.3", ["10.0.0.0/8"]],
  ["its IPv6 network", "fd00::5", ["fd00::/8"]],
])("what a proxy says is believed when it is trusted by %s", (_name, from, trusted) => {
  const address = addresses({ trustedProxies: trusted })(request({ from, host: "x", forwarded: FORWARDED }));
  expect(address).toEqual({ site: "https://images.example:8443", client: "203.0.113.9" });
});

test("what anybody else says of a proxy is not believed", () => {
  const came = { from: "192.0.2.7", host: "images", forwarded: FORWARDED };
  expect(addresses({ trustedProxies: ["10.0.0.0/8"] })(request(came))).toEqual({
    ...{ site: "http://images", client: "192.0.2.7" },
  });
});

test("only what the nearest proxy added counts", () => {
  expect(lastForwarded('host=evil.example, for="[2001:db8::1]";Host=images;proto=http')).toEqual({
    ...{ for: "[2001:db8::1]", host: "images", proto: "http" },
  });
  expect(lastForwarded('for="a, b; c";host="q\\"q"')).toEqual({ for: "a, b; c", host: 'q"q' });
  expect(lastForwarded(undefined)).toEqual({});
});

test("a proxy's host that is none, and a scheme that is none, are as if it had said nothing", () => {
  const came = { from: "10.0.0.1", host: "images", forwarded: 'host="a/b";proto=gopher' };
  expect(siteOf(came, ["10.0.0.1"])).toBe("http://images");
});
