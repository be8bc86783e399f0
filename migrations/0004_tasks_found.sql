CREATE INDEX `tasks_by_time` ON `tasks` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `tasks_by_end` ON `tasks` (`expires_at`);--> statement-breakpoint
CREATE INDEX `tasks_unfinished` ON `tasks` (`image_id`) WHERE status IN ('pending', 'processing');