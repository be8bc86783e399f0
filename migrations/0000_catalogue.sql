CREATE TABLE `image_locations` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`image_id` text NOT NULL,
	`url` text NOT NULL,
	`store` text NOT NULL,
	`metadata` text DEFAULT '{}' NOT NULL,
	`status` text DEFAULT 'active' NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`image_id`) REFERENCES `images`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `image_locations_by_image` ON `image_locations` (`image_id`,`status`);--> statement-breakpoint
CREATE INDEX `image_locations_by_url` ON `image_locations` (`url`);--> statement-breakpoint
CREATE INDEX `image_locations_to_remove` ON `image_locations` (`image_id`) WHERE status = 'pending_delete';--> statement-breakpoint
CREATE TABLE `image_members` (
	`image_id` text NOT NULL,
	`member` text NOT NULL,
	`status` text DEFAULT 'pending' NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`image_id`, `member`),
	FOREIGN KEY (`image_id`) REFERENCES `images`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `image_members_by_member` ON `image_members` (`member`,`status`);--> statement-breakpoint
CREATE TABLE `image_properties` (
	`image_id` text NOT NULL,
	`name` text NOT NULL,
	`value` text,
	PRIMARY KEY(`image_id`, `name`),
	FOREIGN KEY (`image_id`) REFERENCES `images`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `image_tags` (
	`image_id` text NOT NULL,
	`value` text NOT NULL,
	PRIMARY KEY(`image_id`, `value`),
	FOREIGN KEY (`image_id`) REFERENCES `images`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `images` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text,
	`status` text NOT NULL,
	`visibility` text NOT NULL,
	`protected` integer NOT NULL,
	`os_hidden` integer NOT NULL,
	`owner` text,
	`disk_format` text,
	`container_format` text,
	`min_disk` integer NOT NULL,
	`min_ram` integer NOT NULL,
	`size` integer,
	`virtual_size` integer,
	`checksum` text,
	`os_hash_algo` text,
	`os_hash_value` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`deleted_at` integer,
	`generation` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX `images_by_owner` ON `images` (`owner`,`os_hidden`,`created_at`,`id`) WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX `images_by_owner_name` ON `images` (`owner`,`os_hidden`,CASE WHEN name IS NULL THEN 0 ELSE name END,`created_at`,`id`) WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX `images_by_visibility` ON `images` (`visibility`,`os_hidden`,`created_at`,`id`) WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX `images_by_visibility_name` ON `images` (`visibility`,`os_hidden`,CASE WHEN name IS NULL THEN 0 ELSE name END,`created_at`,`id`) WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX `images_unsettled` ON `images` (`status`) WHERE status IN ('saving', 'uploading', 'importing');--> statement-breakpoint
CREATE TABLE `task_info` (
	`task_id` text PRIMARY KEY NOT NULL,
	`input` text,
	`result` text,
	`message` text DEFAULT '' NOT NULL,
	FOREIGN KEY (`task_id`) REFERENCES `tasks`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `tasks` (
	`id` text PRIMARY KEY NOT NULL,
	`type` text NOT NULL,
	`status` text NOT NULL,
	`owner` text NOT NULL,
	`image_id` text,
	`request_id` text,
	`user_id` text,
	`expires_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `tasks_by_owner` ON `tasks` (`owner`,`created_at`);--> statement-breakpoint
CREATE INDEX `tasks_by_image` ON `tasks` (`image_id`);