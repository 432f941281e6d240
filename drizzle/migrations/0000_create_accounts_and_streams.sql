CREATE TYPE "public"."payment_status" AS ENUM('pending', 'completed', 'failed', 'refunded');--> statement-breakpoint
CREATE TYPE "public"."payment_type" AS ENUM('tip', 'top_up', 'private_show', 'refund', 'payout');--> statement-breakpoint
CREATE TYPE "public"."stream_status" AS ENUM('scheduled', 'live', 'ended');--> statement-breakpoint
CREATE TYPE "public"."user_role" AS ENUM('viewer', 'performer', 'admin');--> statement-breakpoint
CREATE TABLE "messages" (
	"id" uuid PRIMARY KEY NOT NULL,
	"stream_id" uuid NOT NULL,
	"author_id" uuid NOT NULL,
	"content" text NOT NULL,
	"client_message_id" text,
	"reply_to_id" uuid,
	"deleted_at" timestamp(3) with time zone,
	"deleted_by_id" uuid,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "messages_content_length" CHECK (length("messages"."content") between 1 and 500),
	CONSTRAINT "messages_client_message_id_length" CHECK (length("messages"."client_message_id") between 1 and 128),
	CONSTRAINT "messages_deleted_by_somebody" CHECK (("messages"."deleted_at" is null) = ("messages"."deleted_by_id" is null))
);
--> statement-breakpoint
CREATE TABLE "payments" (
	"id" uuid PRIMARY KEY NOT NULL,
	"type" "payment_type" NOT NULL,
	"status" "payment_status" NOT NULL,
	"payer_id" uuid,
	"payee_id" uuid,
	"stream_id" uuid,
	"amount" integer NOT NULL,
	"currency" char(3) DEFAULT 'USD' NOT NULL,
	"message" text,
	"is_anonymous" boolean DEFAULT false NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"completed_at" timestamp(3) with time zone,
	CONSTRAINT "payments_amount_positive" CHECK ("payments"."amount" between 1 and 100000000),
	CONSTRAINT "payments_not_to_oneself" CHECK ("payments"."payer_id" <> "payments"."payee_id"),
	CONSTRAINT "payments_has_a_party" CHECK (num_nonnulls("payments"."payer_id", "payments"."payee_id") >= 1),
	CONSTRAINT "payments_currency_shape" CHECK ("payments"."currency" ~ '^[A-Z]{3}$'),
	CONSTRAINT "payments_message_length" CHECK (length("payments"."message") <= 200),
	CONSTRAINT "payments_completed_has_time" CHECK (("payments"."status" in ('completed', 'refunded')) = ("payments"."completed_at" is not null))
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"refresh_token_id" uuid NOT NULL,
	"user_agent" text,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"authenticated_at" timestamp(3) with time zone NOT NULL,
	"last_used_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp(3) with time zone NOT NULL,
	"absolute_expires_at" timestamp(3) with time zone NOT NULL,
	"revoked_at" timestamp(3) with time zone,
	"revoked_reason" text,
	CONSTRAINT "sessions_expiry_in_order" CHECK ("sessions"."expires_at" <= "sessions"."absolute_expires_at"),
	CONSTRAINT "sessions_revoked_for_a_reason" CHECK (("sessions"."revoked_at" is null) = ("sessions"."revoked_reason" is null)),
	CONSTRAINT "sessions_user_agent_length" CHECK (length("sessions"."user_agent") <= 300)
);
--> statement-breakpoint
CREATE TABLE "streams" (
	"id" uuid PRIMARY KEY NOT NULL,
	"performer_id" uuid NOT NULL,
	"title" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"category" text,
	"tags" text[] DEFAULT '{}' NOT NULL,
	"status" "stream_status" NOT NULL,
	"is_private" boolean DEFAULT false NOT NULL,
	"price_amount" integer,
	"currency" char(3) DEFAULT 'USD' NOT NULL,
	"viewer_count" integer DEFAULT 0 NOT NULL,
	"scheduled_start_at" timestamp(3) with time zone,
	"started_at" timestamp(3) with time zone,
	"ended_at" timestamp(3) with time zone,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"search" "tsvector" GENERATED ALWAYS AS (to_tsvector('simple', title || ' ' || description)) STORED,
	CONSTRAINT "streams_title_length" CHECK (length("streams"."title") between 3 and 100),
	CONSTRAINT "streams_description_length" CHECK (length("streams"."description") <= 5000),
	CONSTRAINT "streams_tags_count" CHECK (cardinality("streams"."tags") <= 10),
	CONSTRAINT "streams_price_iff_private" CHECK ("streams"."is_private" = ("streams"."price_amount" is not null)),
	CONSTRAINT "streams_price_positive" CHECK ("streams"."price_amount" between 1 and 100000000),
	CONSTRAINT "streams_viewer_count_not_negative" CHECK ("streams"."viewer_count" >= 0),
	CONSTRAINT "streams_times_match_status" CHECK (case "streams"."status"
        when 'scheduled' then "streams"."started_at" is null and "streams"."ended_at" is null
        when 'live' then "streams"."started_at" is not null and "streams"."ended_at" is null
        else "streams"."ended_at" is not null
      end)
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY NOT NULL,
	"username" text,
	"email" text,
	"password_hash" text,
	"display_name" text NOT NULL,
	"bio" text DEFAULT '' NOT NULL,
	"avatar_url" text,
	"role" "user_role" DEFAULT 'viewer' NOT NULL,
	"is_verified" boolean DEFAULT false NOT NULL,
	"token_version" integer DEFAULT 0 NOT NULL,
	"suspended_at" timestamp(3) with time zone,
	"last_login_at" timestamp(3) with time zone,
	"deleted_at" timestamp(3) with time zone,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_username_shape" CHECK ("users"."username" ~ '^[A-Za-z0-9_]{3,30}$'),
	CONSTRAINT "users_email_length" CHECK (length("users"."email") <= 254),
	CONSTRAINT "users_display_name_length" CHECK (length("users"."display_name") between 1 and 50),
	CONSTRAINT "users_bio_length" CHECK (length("users"."bio") <= 1000),
	CONSTRAINT "users_token_version_not_negative" CHECK ("users"."token_version" >= 0),
	CONSTRAINT "users_verified_is_no_viewer" CHECK (not ("users"."is_verified" and "users"."role" = 'viewer')),
	CONSTRAINT "users_deleted_is_anonymous" CHECK (case when "users"."deleted_at" is null
        then num_nulls("users"."username", "users"."email", "users"."password_hash") = 0
        else num_nonnulls("users"."username", "users"."email", "users"."password_hash", "users"."avatar_url") = 0 and "users"."bio" = ''
      end)
);
--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_stream_id_streams_id_fk" FOREIGN KEY ("stream_id") REFERENCES "public"."streams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_author_id_users_id_fk" FOREIGN KEY ("author_id") REFERENCES "public"."users"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_reply_to_id_messages_id_fk" FOREIGN KEY ("reply_to_id") REFERENCES "public"."messages"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_deleted_by_id_users_id_fk" FOREIGN KEY ("deleted_by_id") REFERENCES "public"."users"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_payer_id_users_id_fk" FOREIGN KEY ("payer_id") REFERENCES "public"."users"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_payee_id_users_id_fk" FOREIGN KEY ("payee_id") REFERENCES "public"."users"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_stream_id_streams_id_fk" FOREIGN KEY ("stream_id") REFERENCES "public"."streams"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "streams" ADD CONSTRAINT "streams_performer_id_users_id_fk" FOREIGN KEY ("performer_id") REFERENCES "public"."users"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "messages_stream_idx" ON "messages" USING btree ("stream_id","id" DESC NULLS LAST);--> statement-breakpoint
CREATE UNIQUE INDEX "messages_client_message_key" ON "messages" USING btree ("stream_id","author_id","client_message_id");--> statement-breakpoint
CREATE INDEX "messages_reply_to_idx" ON "messages" USING btree ("reply_to_id") WHERE reply_to_id is not null;--> statement-breakpoint
CREATE INDEX "payments_payer_idx" ON "payments" USING btree ("payer_id","id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "payments_payee_idx" ON "payments" USING btree ("payee_id","id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "payments_stream_idx" ON "payments" USING btree ("stream_id","id" DESC NULLS LAST) WHERE stream_id is not null;--> statement-breakpoint
CREATE INDEX "sessions_user_id_idx" ON "sessions" USING btree ("user_id") WHERE revoked_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "streams_one_live_per_performer" ON "streams" USING btree ("performer_id") WHERE status = 'live';--> statement-breakpoint
CREATE INDEX "streams_public_newest_idx" ON "streams" USING btree ("status","id" DESC NULLS LAST) WHERE not is_private;--> statement-breakpoint
CREATE INDEX "streams_public_viewers_idx" ON "streams" USING btree ("status","viewer_count" DESC NULLS LAST,"id" DESC NULLS LAST) WHERE not is_private;--> statement-breakpoint
CREATE INDEX "streams_performer_idx" ON "streams" USING btree ("performer_id","id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "streams_tags_idx" ON "streams" USING gin ("tags");--> statement-breakpoint
CREATE INDEX "streams_search_idx" ON "streams" USING gin ("search");--> statement-breakpoint
CREATE UNIQUE INDEX "users_username_key" ON "users" USING btree (lower("username"));--> statement-breakpoint
CREATE UNIQUE INDEX "users_email_key" ON "users" USING btree (lower("email"));