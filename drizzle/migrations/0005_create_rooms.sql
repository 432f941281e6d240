CREATE TYPE "public"."moderation_action_kind" AS ENUM('moderator_appointed', 'moderator_dismissed', 'viewer_timed_out', 'viewer_banned', 'restriction_lifted', 'settings_changed', 'message_deleted', 'message_pinned', 'message_unpinned', 'chat_cleared');--> statement-breakpoint
CREATE TYPE "public"."restriction_kind" AS ENUM('timeout', 'ban');--> statement-breakpoint
CREATE TYPE "public"."stream_event_type" AS ENUM('chatMessage', 'messageDeleted', 'chatCleared', 'messagePinned', 'tipReceived', 'streamUpdate', 'modesChanged', 'viewerRestricted', 'viewerRestored', 'moderatorAdded', 'moderatorRemoved');--> statement-breakpoint
CREATE TABLE "audience_leases" (
	"node_id" uuid NOT NULL,
	"stream_id" uuid NOT NULL,
	"user_ids" uuid[] NOT NULL,
	"guest_count" integer NOT NULL,
	"expires_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "audience_leases_pkey" PRIMARY KEY("stream_id","node_id"),
	CONSTRAINT "audience_leases_guest_count_not_negative" CHECK ("audience_leases"."guest_count" >= 0)
);
--> statement-breakpoint
CREATE TABLE "follows" (
	"follower_id" uuid NOT NULL,
	"followed_id" uuid NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "follows_pkey" PRIMARY KEY("follower_id","followed_id"),
	CONSTRAINT "follows_not_oneself" CHECK ("follows"."follower_id" <> "follows"."followed_id")
);
--> statement-breakpoint
CREATE TABLE "moderation_actions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"performer_id" uuid NOT NULL,
	"action" "moderation_action_kind" NOT NULL,
	"actor_id" uuid NOT NULL,
	"target_id" uuid,
	"stream_id" uuid,
	"message_id" uuid,
	"reason" text,
	"details" jsonb,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "room_moderators" (
	"performer_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "room_moderators_pkey" PRIMARY KEY("performer_id","user_id"),
	CONSTRAINT "room_moderators_not_oneself" CHECK ("room_moderators"."performer_id" <> "room_moderators"."user_id")
);
--> statement-breakpoint
CREATE TABLE "room_restrictions" (
	"performer_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"kind" "restriction_kind" NOT NULL,
	"reason" text,
	"expires_at" timestamp(3) with time zone,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "room_restrictions_pkey" PRIMARY KEY("performer_id","user_id"),
	CONSTRAINT "room_restrictions_timeout_expires" CHECK (("room_restrictions"."kind" = 'timeout') = ("room_restrictions"."expires_at" is not null)),
	CONSTRAINT "room_restrictions_not_oneself" CHECK ("room_restrictions"."performer_id" <> "room_restrictions"."user_id"),
	CONSTRAINT "room_restrictions_reason_length" CHECK (length("room_restrictions"."reason") between 1 and 200)
);
--> statement-breakpoint
CREATE TABLE "room_settings" (
	"performer_id" uuid PRIMARY KEY NOT NULL,
	"slow_mode_seconds" integer DEFAULT 0 NOT NULL,
	"is_followers_only" boolean DEFAULT false NOT NULL,
	"is_tickets_only" boolean DEFAULT false NOT NULL,
	"are_links_allowed" boolean DEFAULT true NOT NULL,
	"blocked_terms" text[] DEFAULT '{}' NOT NULL,
	"folded_terms" text[] DEFAULT '{}' NOT NULL,
	CONSTRAINT "room_settings_slow_mode_range" CHECK ("room_settings"."slow_mode_seconds" = 0 or "room_settings"."slow_mode_seconds" between 3 and 120),
	CONSTRAINT "room_settings_terms_count" CHECK (cardinality("room_settings"."blocked_terms") <= 200)
);
--> statement-breakpoint
CREATE TABLE "stream_events" (
	"stream_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"type" "stream_event_type" NOT NULL,
	"payload" jsonb,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "stream_events_pkey" PRIMARY KEY("stream_id","seq"),
	CONSTRAINT "stream_events_seq_positive" CHECK ("stream_events"."seq" > 0)
);
--> statement-breakpoint
CREATE TABLE "stream_logs" (
	"stream_id" uuid PRIMARY KEY NOT NULL,
	"epoch" integer DEFAULT floor(random() * 2147483647) NOT NULL,
	"last_seq" bigint DEFAULT 0 NOT NULL,
	"cleared_seq" bigint DEFAULT 0 NOT NULL,
	"pinned_message_id" uuid,
	CONSTRAINT "stream_logs_epoch_not_negative" CHECK ("stream_logs"."epoch" >= 0),
	CONSTRAINT "stream_logs_seq_in_order" CHECK ("stream_logs"."cleared_seq" between 0 and "stream_logs"."last_seq")
);
--> statement-breakpoint
ALTER TABLE "messages" DROP CONSTRAINT "messages_stream_id_streams_id_fk";
--> statement-breakpoint
DROP INDEX "messages_stream_idx";--> statement-breakpoint
DROP INDEX "messages_client_message_key";--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "seq" bigint NOT NULL;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "mentioned_ids" uuid[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "streams" ADD COLUMN "peak_viewer_count" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "audience_leases" ADD CONSTRAINT "audience_leases_stream_id_streams_id_fk" FOREIGN KEY ("stream_id") REFERENCES "public"."streams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "follows" ADD CONSTRAINT "follows_follower_id_users_id_fk" FOREIGN KEY ("follower_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "follows" ADD CONSTRAINT "follows_followed_id_users_id_fk" FOREIGN KEY ("followed_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "moderation_actions" ADD CONSTRAINT "moderation_actions_performer_id_users_id_fk" FOREIGN KEY ("performer_id") REFERENCES "public"."users"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "moderation_actions" ADD CONSTRAINT "moderation_actions_actor_id_users_id_fk" FOREIGN KEY ("actor_id") REFERENCES "public"."users"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "moderation_actions" ADD CONSTRAINT "moderation_actions_target_id_users_id_fk" FOREIGN KEY ("target_id") REFERENCES "public"."users"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "moderation_actions" ADD CONSTRAINT "moderation_actions_stream_id_streams_id_fk" FOREIGN KEY ("stream_id") REFERENCES "public"."streams"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "room_moderators" ADD CONSTRAINT "room_moderators_performer_id_users_id_fk" FOREIGN KEY ("performer_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "room_moderators" ADD CONSTRAINT "room_moderators_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "room_restrictions" ADD CONSTRAINT "room_restrictions_performer_id_users_id_fk" FOREIGN KEY ("performer_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "room_restrictions" ADD CONSTRAINT "room_restrictions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "room_settings" ADD CONSTRAINT "room_settings_performer_id_users_id_fk" FOREIGN KEY ("performer_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stream_events" ADD CONSTRAINT "stream_events_stream_id_stream_logs_stream_id_fk" FOREIGN KEY ("stream_id") REFERENCES "public"."stream_logs"("stream_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stream_logs" ADD CONSTRAINT "stream_logs_stream_id_streams_id_fk" FOREIGN KEY ("stream_id") REFERENCES "public"."streams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "streams_public_updated_idx" ON "streams" USING btree ("updated_at") WHERE not is_private;--> statement-breakpoint
CREATE INDEX "follows_followed_idx" ON "follows" USING btree ("followed_id");--> statement-breakpoint
CREATE INDEX "moderation_actions_performer_idx" ON "moderation_actions" USING btree ("performer_id","id" DESC NULLS LAST);--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_stream_id_stream_logs_stream_id_fk" FOREIGN KEY ("stream_id") REFERENCES "public"."stream_logs"("stream_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "messages_stream_seq_key" ON "messages" USING btree ("stream_id","seq");--> statement-breakpoint
CREATE INDEX "messages_author_idx" ON "messages" USING btree ("author_id","stream_id","seq" DESC NULLS LAST);--> statement-breakpoint
CREATE UNIQUE INDEX "messages_client_message_key" ON "messages" USING btree ("stream_id","author_id","client_message_id") WHERE client_message_id is not null;--> statement-breakpoint
UPDATE "streams" SET "peak_viewer_count" = "viewer_count";--> statement-breakpoint
ALTER TABLE "streams" ADD CONSTRAINT "streams_peak_viewer_count_not_negative" CHECK ("streams"."peak_viewer_count" >= 0);