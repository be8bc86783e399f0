import { describe, expect, test } from "vitest";
import { checkedUrl, isAllowEntry } from "./http-address.ts";

const rules = { allow: ["127.0.0.1", "10.1.0.0/16", "images.corp", "fd00::/8"], ports: [80, 443] };
const verdict = (url: string) => {
  try {
    return checkedUrl(url, rules).listed ? "listed" : "public";
  } catch (error) {
    return (error as { kind: string }).kind;
  }
};

describe("to the world at large", () => {
  test.each([
    "http://example.org/disk.img",
    "HTTPS://Example.ORG./a?b#c",
    "http://93.184.216.34/",
    "https://[2606:4700::1111]/x",
    "https://[::ffff:93.184.216.34]/",
  ])("%s may be fetched", (url) => expect(verdict(url)).toBe("public"));

  test.each([
    "http://localhost/",
    "http://a.localhost/",
    "http://router/",
    "http://db.internal/",
    "http://printer.local./",
    "http://127.0.0.2/",
    "http://10.2.0.1/",
    "http://172.31.255.255/",
    "http://192.168.0.1/",
    "http://169.254.169.254/latest/meta-data",
    "http://100.100.100.200/",
    "http://0.0.0.0/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[::1]/",
    "http://[::]/",
    "http://[fe80::1]/",
    "http://[fc00::1]/",
    "http://[::ffff:169.254.169.254]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[2002:7f00:1::]/",
    "http://[2001::1]/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://127.0.0.1%2e/",
    "http://example.org:8080/",
    "http://user@example.org/",
    "http://user:secret@example.org/",
    "http://user:secret@127.0.0.1/",
    "http:example.org/",
    "http:///example.org/",
    "http:///user:secret@example.org/",
    "http://example.org\\@127.0.0.1/",
    "http://127.0.0.1\\@example.org/",
    "http://exam\nple.org/",
    "http://",
    "http://[::1/",
    "http://exa mple.org/",
    "ftp://example.org/",
    "file:///etc/passwd",
    "",
  ])("%s may not", (url) => expect(verdict(url)).toBe("invalid"));
});

test.each(["http://127.0.0.1:8080/", "http://10.1.2.3/", "http://images.corp:9000/", "http://[fd12::1]/"])(
  "%s is reached because the operator lists it",
  (url) => expect(verdict(url)).toBe("listed"),
);

test("what is listed is not reached under another spelling", () => {
  expect(verdict("http://2130706433/")).toBe("invalid");
  expect(verdict("http://images.corp.example.org:9000/")).toBe("invalid");
});

test("a fragment is not sent", () => {
  expect(checkedUrl("http://example.org/img#new", rules).url.href).toBe("http://example.org/img");
});

test("a refusal repeats neither the URL nor what is secret in it", () => {
  expect(() => checkedUrl("http://user:secret@example.org/", rules)).toThrow(
    /^The location has credentials in it\.$/,
  );
});

test.each([
  ["127.0.0.1", true],
  ["10.0.0.0/8", true],
  ["fd00::/8", true],
  ["::1", true],
  ["images.corp", true],
  ["10.0.0.0/33", false],
  ["images.corp/8", false],
  ["http://images.corp", false],
  ["10.0.0.0/8/8", false],
  ["", false],
])("%s as an entry of allow: %s", (entry, good) => expect(isAllowEntry(entry)).toBe(good));
