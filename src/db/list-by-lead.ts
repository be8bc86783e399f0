import { inOrder } from "./list-groups.ts";
import type { Lead } from "./list-leads.ts";
import { isWalked } from "./list-order.ts";
import {
  firstOf,
  imageOf,
  isListed,
  type ListParts,
  limitedIf,
  oneOf,
  seesFew,
  selectRows,
  tableOf,
  type Walk,
} from "./list-walks.ts";

/** How many of the requested tags and properties are counted to find the rarest. */
const COUNTED = 8;

/** The requested items of the lead, with the number of images that have each. */
const counted = ({ rows, is, asked }: Lead, at: number, { few }: ListParts): string =>
  `SELECT ${at} AS lead, name, value, (SELECT count(*) FROM (SELECT 1 FROM ${rows}
    WHERE ${is((column) => `asked.${column}`)} LIMIT ${few + 1})) AS n FROM (${asked} LIMIT ${COUNTED}) asked`;

/**
 * The rarest of the requested items leads to its images, if they are few. If they are many, its rows are walked in the
 * default order, for which their index holds the image's time. But if the caller sees few images at all, or the order
 * is another, the images are walked as without a filter and each is checked.
 */
export function byLead(leads: readonly Lead[], parts: ListParts, walked: Walk): string {
  const each = leads.map((lead, at) => counted(lead, at, parts));
  const rarest = tableOf("rarest", `SELECT * FROM (${oneOf(each)}) ORDER BY n, lead LIMIT 1`, parts);
  const many = `(SELECT n FROM ${rarest}) > ${parts.few}`;
  const listed = isListed(parts);
  const found = leads.map(({ rows, imageId, is }, at) =>
    selectRows(parts, `${rarest} r CROSS JOIN ${rows} CROSS JOIN ${imageOf(imageId)}`, [
      `r.lead = ${at} AND r.n <= ${parts.few} AND ${is((column) => `r.${column}`)}`,
      listed,
    ]),
  );
  const sources = [firstOf(found, parts, parts.limit)];
  let walks = many;
  // Counting stops at many: if the rarest item has many, all have as many, and the first lead is taken.
  const [first] = leads;
  if (first?.inOrder && walked.key === "created_at" && !walked.selective && isWalked(parts.order)) {
    const sees = seesFew(parts);
    walks = `${many} AND ${sees}`;
    const { rows, imageId, columns, is } = first;
    const ofFirst = selectRows(
      parts,
      `${rows} CROSS JOIN ${imageOf(imageId)}`,
      [is((column) => `(SELECT ${column} FROM ${rarest})`), listed],
      columns,
    );
    sources.push(firstOf([ofFirst], parts, limitedIf(`${many} AND NOT (${sees})`, parts)));
  }
  sources.push(inOrder(parts, walked, limitedIf(walks, parts)));
  return oneOf(sources);
}
