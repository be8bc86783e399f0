ALTER TABLE `images` ADD `name_order` blob GENERATED ALWAYS AS (CASE WHEN name IS NULL THEN 0 ELSE name END) VIRTUAL;--> statement-breakpoint
ALTER TABLE `images` ADD `container_format_order` blob GENERATED ALWAYS AS (CASE WHEN container_format IS NULL THEN 0 ELSE container_format END) VIRTUAL;--> statement-breakpoint
ALTER TABLE `images` ADD `disk_format_order` blob GENERATED ALWAYS AS (CASE WHEN disk_format IS NULL THEN 0 ELSE disk_format END) VIRTUAL;--> statement-breakpoint
ALTER TABLE `images` ADD `size_order` integer GENERATED ALWAYS AS (CASE WHEN size IS NULL THEN -1 ELSE size END) VIRTUAL;--> statement-breakpoint
ALTER TABLE `image_properties` ADD `image_created_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `image_tags` ADD `image_created_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `image_members` ADD `image_created_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
UPDATE `image_properties` SET `image_created_at` = (SELECT `created_at` FROM `images` WHERE `images`.`id` = `image_properties`.`image_id`);--> statement-breakpoint
UPDATE `image_tags` SET `image_created_at` = (SELECT `created_at` FROM `images` WHERE `images`.`id` = `image_tags`.`image_id`);--> statement-breakpoint
UPDATE `image_members` SET `image_created_at` = (SELECT `created_at` FROM `images` WHERE `images`.`id` = `image_members`.`image_id`);--> statement-breakpoint
CREATE TRIGGER `image_properties_image_created_at` AFTER INSERT ON `image_properties` WHEN NEW.`image_created_at` = 0 BEGIN
	UPDATE `image_properties` SET `image_created_at` = (SELECT `created_at` FROM `images` WHERE `id` = NEW.`image_id`)
	WHERE rowid = NEW.rowid;
END;
--> statement-breakpoint
CREATE TRIGGER `image_tags_image_created_at` AFTER INSERT ON `image_tags` WHEN NEW.`image_created_at` = 0 BEGIN
	UPDATE `image_tags` SET `image_created_at` = (SELECT `created_at` FROM `images` WHERE `id` = NEW.`image_id`)
	WHERE rowid = NEW.rowid;
END;
--> statement-breakpoint
CREATE TRIGGER `image_members_image_created_at` AFTER INSERT ON `image_members` WHEN NEW.`image_created_at` = 0 BEGIN
	UPDATE `image_members` SET `image_created_at` = (SELECT `created_at` FROM `images` WHERE `id` = NEW.`image_id`)
	WHERE rowid = NEW.rowid;
END;
--> statement-breakpoint
CREATE TRIGGER `images_image_created_at` AFTER UPDATE OF `created_at` ON `images` BEGIN
	UPDATE `image_properties` SET `image_created_at` = NEW.`created_at` WHERE `image_id` = NEW.`id`;
	UPDATE `image_tags` SET `image_created_at` = NEW.`created_at` WHERE `image_id` = NEW.`id`;
	UPDATE `image_members` SET `image_created_at` = NEW.`created_at` WHERE `image_id` = NEW.`id`;
END;
--> statement-breakpoint
DROP INDEX `image_members_by_member`;--> statement-breakpoint
DROP INDEX `images_by_owner`;--> statement-breakpoint
DROP INDEX `images_by_owner_name`;--> statement-breakpoint
DROP INDEX `images_by_visibility_name`;--> statement-breakpoint
CREATE INDEX `image_members_by_member` ON `image_members` (`member`,`status`,`image_created_at`,`image_id`);--> statement-breakpoint
CREATE INDEX `images_by_visibility_id` ON `images` (`visibility`,`os_hidden`,`id`) WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX `images_by_visibility_status` ON `images` (`visibility`,`os_hidden`,`status`,`created_at`,`id`) WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX `images_by_visibility_container_format` ON `images` (`visibility`,`os_hidden`,`container_format_order`,`created_at`,`id`) WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX `images_by_visibility_disk_format` ON `images` (`visibility`,`os_hidden`,`disk_format_order`,`created_at`,`id`) WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX `images_by_visibility_size` ON `images` (`visibility`,`os_hidden`,`size_order`,`created_at`,`id`) WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX `images_by_visibility_updated_at` ON `images` (`visibility`,`os_hidden`,`updated_at`,`created_at`,`id`) WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX `images_by_owner_id` ON `images` (`owner`,`visibility`,`os_hidden`,`id`) WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX `images_by_owner_status` ON `images` (`owner`,`visibility`,`os_hidden`,`status`,`created_at`,`id`) WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX `images_by_owner_container_format` ON `images` (`owner`,`visibility`,`os_hidden`,`container_format_order`,`created_at`,`id`) WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX `images_by_owner_disk_format` ON `images` (`owner`,`visibility`,`os_hidden`,`disk_format_order`,`created_at`,`id`) WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX `images_by_owner_size` ON `images` (`owner`,`visibility`,`os_hidden`,`size_order`,`created_at`,`id`) WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX `images_by_owner_updated_at` ON `images` (`owner`,`visibility`,`os_hidden`,`updated_at`,`created_at`,`id`) WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX `images_by_owner` ON `images` (`owner`,`visibility`,`os_hidden`,`created_at`,`id`) WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX `images_by_owner_name` ON `images` (`owner`,`visibility`,`os_hidden`,`name_order`,`created_at`,`id`) WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX `images_by_visibility_name` ON `images` (`visibility`,`os_hidden`,`name_order`,`created_at`,`id`) WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX `image_properties_by_value` ON `image_properties` (`name`,substr(value, 1, 64),`image_created_at`,`image_id`);--> statement-breakpoint
CREATE INDEX `image_tags_by_value` ON `image_tags` (`value`,`image_created_at`,`image_id`);
