/**
 * The links of a list: relative, with the request's query, repeated parameters included (spec/images.md section 4.1).
 */
export interface PageLinks {
  readonly first: string;
  /** Present if the page is full: there may be more. */
  readonly next?: string;
}

export function pageLinks(
  path: string,
  query: URLSearchParams,
  page: { readonly ids: readonly string[]; readonly limit: number },
): PageLinks {
  const rest = new URLSearchParams(query);
  rest.delete("marker");
  const first = rest.size > 0 ? `${path}?${rest}` : path;
  const last = page.ids.at(-1);
  if (last === undefined || page.ids.length < page.limit) return { first };
  rest.append("marker", last);
  return { first, next: `${path}?${rest}` };
}
