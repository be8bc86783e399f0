import type { Kept } from "./kept.ts";
import type { SwiftService } from "./services.ts";

export async function containerOf({ authUrl, container, key, user }: SwiftService): Promise<Kept> {
  const login = await fetch(authUrl, { headers: { "x-auth-user": user, "x-auth-key": key } });
  const token = login.headers.get("x-auth-token") ?? "";
  const url = `${login.headers.get("x-storage-url")}/${container}`;
  const ask = async (method: string, path: string, more: RequestInit = {}) => {
    const headers = { ...(more.headers as Record<string, string>), "x-auth-token": token };
    const answer = await fetch(url + path, { ...more, method, headers });
    if (!answer.ok && answer.status !== 404) throw new Error(`the container answered ${answer.status}`);
    return answer;
  };
  return {
    async kept() {
      const answer = await ask("GET", "?format=json&limit=10000");
      const found = answer.status === 200 ? ((await answer.json()) as { name: string }[]) : [];
      return found.map(({ name }) => name).sort();
    },
    async put(name, body, headers = {}) {
      await ask("PUT", `/${name}`, { body: body as Uint8Array<ArrayBuffer>, headers });
    },
  };
}
