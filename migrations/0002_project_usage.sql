CREATE TABLE `project_usage` (
	`project` text PRIMARY KEY NOT NULL,
	`images` integer DEFAULT 0 NOT NULL,
	`uploading` integer DEFAULT 0 NOT NULL,
	`bytes` integer DEFAULT 0 NOT NULL,
	`staged_bytes` integer DEFAULT 0 NOT NULL,
	`reserved_bytes` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
ALTER TABLE `images` ADD `reserved_bytes` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
-- Everything below is written by hand (docs/decisions/0012-usage-is-counted-by-triggers.md).
INSERT INTO project_usage (project, images, uploading, bytes, staged_bytes, reserved_bytes)
SELECT i.owner,
  sum(i.status NOT IN ('killed', 'pending_delete', 'deleted')),
  sum(i.status IN ('saving', 'uploading', 'importing')),
  sum(iif(i.status IN ('killed', 'deleted'), 0, coalesce(i.size, 0)) * (SELECT count(*) FROM image_locations l WHERE l.image_id = i.id AND l.status = 'active')),
  sum(iif(i.status IN ('uploading', 'importing'), coalesce(i.size, 0), 0)),
  sum(i.reserved_bytes)
FROM images i WHERE i.owner IS NOT NULL GROUP BY i.owner;
--> statement-breakpoint
CREATE TRIGGER images_counted_when_new AFTER INSERT ON images
BEGIN
  INSERT INTO project_usage (project, images, uploading, bytes, staged_bytes, reserved_bytes)
  SELECT NEW.owner,
    NEW.status NOT IN ('killed', 'pending_delete', 'deleted'),
    NEW.status IN ('saving', 'uploading', 'importing'),
    iif(NEW.status IN ('killed', 'deleted'), 0, coalesce(NEW.size, 0)) * (SELECT count(*) FROM image_locations WHERE image_id = NEW.id AND status = 'active'),
    iif(NEW.status IN ('uploading', 'importing'), coalesce(NEW.size, 0), 0),
    NEW.reserved_bytes
  WHERE NEW.owner IS NOT NULL
  ON CONFLICT (project) DO UPDATE SET
    images = images + excluded.images,
    uploading = uploading + excluded.uploading,
    bytes = bytes + excluded.bytes,
    staged_bytes = staged_bytes + excluded.staged_bytes,
    reserved_bytes = reserved_bytes + excluded.reserved_bytes;
END;
--> statement-breakpoint
CREATE TRIGGER images_counted_when_changed AFTER UPDATE OF status, size, reserved_bytes, owner ON images
WHEN OLD.owner = NEW.owner AND (OLD.status <> NEW.status OR OLD.size IS NOT NEW.size OR OLD.reserved_bytes <> NEW.reserved_bytes)
BEGIN
  UPDATE project_usage SET
    images = images + (NEW.status NOT IN ('killed', 'pending_delete', 'deleted')) - (OLD.status NOT IN ('killed', 'pending_delete', 'deleted')),
    uploading = uploading + (NEW.status IN ('saving', 'uploading', 'importing')) - (OLD.status IN ('saving', 'uploading', 'importing')),
    bytes = bytes + (iif(NEW.status IN ('killed', 'deleted'), 0, coalesce(NEW.size, 0)) * (SELECT count(*) FROM image_locations WHERE image_id = NEW.id AND status = 'active')) - (iif(OLD.status IN ('killed', 'deleted'), 0, coalesce(OLD.size, 0)) * (SELECT count(*) FROM image_locations WHERE image_id = NEW.id AND status = 'active')),
    staged_bytes = staged_bytes + (iif(NEW.status IN ('uploading', 'importing'), coalesce(NEW.size, 0), 0)) - (iif(OLD.status IN ('uploading', 'importing'), coalesce(OLD.size, 0), 0)),
    reserved_bytes = reserved_bytes + (NEW.reserved_bytes) - (OLD.reserved_bytes)
  WHERE project = NEW.owner;
END;
--> statement-breakpoint
CREATE TRIGGER images_counted_when_moved AFTER UPDATE OF owner ON images
WHEN OLD.owner IS NOT NEW.owner
BEGIN
  UPDATE project_usage SET
    images = images - (OLD.status NOT IN ('killed', 'pending_delete', 'deleted')),
    uploading = uploading - (OLD.status IN ('saving', 'uploading', 'importing')),
    bytes = bytes - (iif(OLD.status IN ('killed', 'deleted'), 0, coalesce(OLD.size, 0)) * (SELECT count(*) FROM image_locations WHERE image_id = NEW.id AND status = 'active')),
    staged_bytes = staged_bytes - (iif(OLD.status IN ('uploading', 'importing'), coalesce(OLD.size, 0), 0)),
    reserved_bytes = reserved_bytes - OLD.reserved_bytes
  WHERE project = OLD.owner;
  INSERT INTO project_usage (project, images, uploading, bytes, staged_bytes, reserved_bytes)
  SELECT NEW.owner,
    NEW.status NOT IN ('killed', 'pending_delete', 'deleted'),
    NEW.status IN ('saving', 'uploading', 'importing'),
    iif(NEW.status IN ('killed', 'deleted'), 0, coalesce(NEW.size, 0)) * (SELECT count(*) FROM image_locations WHERE image_id = NEW.id AND status = 'active'),
    iif(NEW.status IN ('uploading', 'importing'), coalesce(NEW.size, 0), 0),
    NEW.reserved_bytes
  WHERE NEW.owner IS NOT NULL
  ON CONFLICT (project) DO UPDATE SET
    images = images + excluded.images,
    uploading = uploading + excluded.uploading,
    bytes = bytes + excluded.bytes,
    staged_bytes = staged_bytes + excluded.staged_bytes,
    reserved_bytes = reserved_bytes + excluded.reserved_bytes;
END;
--> statement-breakpoint
CREATE TRIGGER images_counted_when_gone AFTER DELETE ON images
BEGIN
  UPDATE project_usage SET
    images = images - (OLD.status NOT IN ('killed', 'pending_delete', 'deleted')),
    uploading = uploading - (OLD.status IN ('saving', 'uploading', 'importing')),
    bytes = bytes - (iif(OLD.status IN ('killed', 'deleted'), 0, coalesce(OLD.size, 0)) * (SELECT count(*) FROM image_locations WHERE image_id = OLD.id AND status = 'active')),
    staged_bytes = staged_bytes - (iif(OLD.status IN ('uploading', 'importing'), coalesce(OLD.size, 0), 0)),
    reserved_bytes = reserved_bytes - OLD.reserved_bytes
  WHERE project = OLD.owner;
END;
--> statement-breakpoint
CREATE TRIGGER locations_counted_when_new AFTER INSERT ON image_locations WHEN NEW.status = 'active'
BEGIN
  UPDATE project_usage SET bytes = bytes + i.size FROM images i
  WHERE i.id = NEW.image_id AND i.size > 0 AND i.status NOT IN ('killed', 'deleted') AND project = i.owner;
END;
--> statement-breakpoint
CREATE TRIGGER locations_counted_when_changed AFTER UPDATE OF status ON image_locations
WHEN (OLD.status = 'active') <> (NEW.status = 'active')
BEGIN
  UPDATE project_usage SET bytes = bytes + i.size * iif(NEW.status = 'active', 1, -1) FROM images i
  WHERE i.id = NEW.image_id AND i.size > 0 AND i.status NOT IN ('killed', 'deleted') AND project = i.owner;
END;
--> statement-breakpoint
CREATE TRIGGER locations_counted_when_gone AFTER DELETE ON image_locations WHEN OLD.status = 'active'
BEGIN
  UPDATE project_usage SET bytes = bytes - i.size FROM images i
  WHERE i.id = OLD.image_id AND i.size > 0 AND i.status NOT IN ('killed', 'deleted') AND project = i.owner;
END;
