/** What each project uses, by the rows. docs/operate.md gives operators the same query, and a test compares the two. */
export const RECOUNT = `SELECT owner AS project,
  sum(status NOT IN ('killed', 'pending_delete', 'deleted')) AS images,
  sum(status IN ('saving', 'uploading', 'importing')) AS uploading,
  sum(iif(status IN ('killed', 'deleted'), 0, coalesce(size, 0)) *
    (SELECT count(*) FROM image_locations l WHERE l.image_id = i.id AND l.status = 'active')) AS bytes,
  sum(iif(status IN ('uploading', 'importing'), coalesce(size, 0), 0)) AS staged_bytes,
  sum(reserved_bytes) AS reserved_bytes
FROM images i WHERE owner IS NOT NULL GROUP BY owner`;
