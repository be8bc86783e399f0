/** HMAC-SHA-256 by WebCrypto, whose `verify` takes constant time. */
export const hmac = {
  async sign(secret: string, data: Uint8Array): Promise<Uint8Array> {
    return new Uint8Array(await crypto.subtle.sign("HMAC", await keyOf(secret), data));
  },

  async verify(secret: string, signature: Uint8Array, data: Uint8Array): Promise<boolean> {
    return crypto.subtle.verify("HMAC", await keyOf(secret), signature, data);
  },
};

type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

let imported: { readonly secret: string; readonly key: Key } | undefined;

/** An isolate has one signing key, so only the last imported one is kept. */
async function keyOf(secret: string): Promise<Key> {
  if (imported?.secret === secret) return imported.key;
  const key = await crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(secret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign", "verify"],
  );
  imported = { secret, key };
  return key;
}
