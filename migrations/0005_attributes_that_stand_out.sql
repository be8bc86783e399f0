CREATE INDEX `images_by_checksum` ON `images` (`checksum`,`created_at`,`id`) WHERE deleted_at IS NULL AND checksum IS NOT NULL;--> statement-breakpoint
CREATE INDEX `images_by_os_hash_value` ON `images` (substr(os_hash_value, 1, 32),`created_at`,`id`) WHERE deleted_at IS NULL AND os_hash_value IS NOT NULL;--> statement-breakpoint
CREATE INDEX `images_by_virtual_size` ON `images` (`virtual_size`,`created_at`,`id`) WHERE deleted_at IS NULL AND virtual_size IS NOT NULL;--> statement-breakpoint
CREATE INDEX `images_by_protected` ON `images` (`protected`,`created_at`,`id`) WHERE deleted_at IS NULL AND protected = 1;--> statement-breakpoint
CREATE INDEX `images_by_min_ram` ON `images` (`min_ram`,`created_at`,`id`) WHERE deleted_at IS NULL AND min_ram <> 0;--> statement-breakpoint
CREATE INDEX `images_by_min_disk` ON `images` (`min_disk`,`created_at`,`id`) WHERE deleted_at IS NULL AND min_disk <> 0;