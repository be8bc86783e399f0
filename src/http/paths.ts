/** `/v2.N/…` is `/v2/…` for every N that is listed: minor versions behave alike (spec/image-api-v2.md section 1.1). */
export const NEWEST_MINOR = 17;

export function versionedPath(request: Request): string {
  const { pathname } = new URL(request.url);
  const minor = /^\/v2\.(\d{1,2})(?=\/)/.exec(pathname);
  return minor && Number(minor[1]) <= NEWEST_MINOR ? `/v2${pathname.slice(minor[0].length)}` : pathname;
}
