import { expect, test } from "vitest";
import { type Claims, newAuditId, openToken, sealToken } from "./token.ts";

const KEY = "a signing key of some length, 0123456789";
const NOW = 1_795_000_000_000;
const id = (letter: string) => letter.repeat(32);

const claims: Claims = {
  userId: id("a"),
  projectId: id("b"),
  issuedAt: NOW,
  expiresAt: NOW + 3_600_000,
  auditId: newAuditId(),
  auditChainId: newAuditId(),
  methods: ["application_credential", "token"],
  applicationCredentialId: id("c"),
};

test("a token says what was put in, in under 400 characters", async () => {
  const token = await sealToken(KEY, claims);
  expect(token.length).toBeLessThan(400);
  expect(await openToken(KEY, token, NOW)).toEqual(claims);
});

test("a first token is its own audit chain, and may be unscoped", async () => {
  const first = { ...claims, projectId: null, auditChainId: claims.auditId, applicationCredentialId: null };
  expect(await openToken(KEY, await sealToken(KEY, first), NOW)).toEqual(first);
});

test("a token ends at its expiry and with its signing key", async () => {
  const token = await sealToken(KEY, claims);
  expect(await openToken(KEY, token, claims.expiresAt - 1)).toBeDefined();
  expect(await openToken(KEY, token, claims.expiresAt)).toBeUndefined();
  expect(await openToken(`${KEY}!`, token, NOW)).toBeUndefined();
});

test("a token with any one character changed is none", async () => {
  const token = await sealToken(KEY, claims);
  for (let at = 0; at < token.length - 1; at++) {
    const forged = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
    expect(await openToken(KEY, forged, NOW), `character ${at}`).toBeUndefined();
  }
});

test.each([
  "",
  "ga",
  "ga..",
  `ga.${"A".repeat(50)}`,
  "gAAAAABh",
  `ga.!!.${"A".repeat(43)}`,
  "\u00e9",
  "x".repeat(9999),
])("%j is no token", async (text) => {
  expect(await openToken(KEY, text, NOW)).toBeUndefined();
});
