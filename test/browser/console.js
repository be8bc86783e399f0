/**
 * What a page of another origin does with the service: everything by `fetch`, and every answer as far as the browser
 * lets the page read it. `test/browser/pages.ts` serves it, `cors.ts` calls it.
 */
const asked = async (base, method, path, { token, headers = {}, body } = {}) => {
  const answer = await fetch(`${base}${path}`, {
    method,
    headers: { ...(token ? { "x-auth-token": token } : {}), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: Object.fromEntries(answer.headers), text };
};

const noise = (bytes) => {
  const content = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += 65_536) crypto.getRandomValues(content.subarray(at, at + 65_536));
  return content;
};

const sha512 = async (content) =>
  new Uint8Array(await crypto.subtle.digest("SHA-512", content)).reduce(
    (text, byte) => text + byte.toString(16).padStart(2, "0"),
    "",
  );

window.glimpse = {
  asked,

  async login(base, name, password) {
    const domain = { id: "default" };
    const identity = { methods: ["password"], password: { user: { name, password, domain } } };
    const scope = { project: { name: "admin", domain } };
    return asked(base, "POST", "/identity/v3/auth/tokens", {
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ auth: { identity, scope } }),
    });
  },

  /** Makes content up, sends it, fetches a range of it, and says whether what came is what went. */
  async upload(base, token, id, bytes) {
    const content = noise(bytes);
    const sent = await asked(base, "PUT", `/v2/images/${id}/file`, {
      token,
      headers: { "content-type": "application/octet-stream", "x-openstack-image-size": String(bytes) },
      body: new Blob([content]),
    });
    const answer = await fetch(`${base}/v2/images/${id}/file`, {
      headers: { "x-auth-token": token, range: "bytes=1000-1999" },
    });
    const range = new Uint8Array(await answer.arrayBuffer());
    return {
      sent,
      hash: await sha512(content),
      range: { status: answer.status, headers: Object.fromEntries(answer.headers) },
      isSame: range.length === 1000 && range.every((byte, at) => byte === content[1000 + at]),
    };
  },
};
