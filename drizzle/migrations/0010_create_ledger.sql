CREATE TYPE "public"."ledger_account_kind" AS ENUM('wallet', 'earnings', 'tickets', 'payouts', 'revenue', 'forfeited', 'clearing');--> statement-breakpoint
CREATE TYPE "public"."ledger_transaction_kind" AS ENUM('tip', 'top_up', 'private_show', 'refund', 'payout', 'payout_return', 'payout_paid', 'release', 'forfeit', 'correction');--> statement-breakpoint
CREATE TYPE "public"."payout_status" AS ENUM('requested', 'approved', 'rejected', 'paid');--> statement-breakpoint
ALTER TYPE "public"."stream_event_type" ADD VALUE 'tipGoalChanged' BEFORE 'streamUpdate';--> statement-breakpoint
CREATE TABLE "ledger_accounts" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "ledger_accounts_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" "ledger_account_kind" NOT NULL,
	"owner_id" uuid,
	"stream_id" uuid,
	"provider" text,
	"currency" char(3) NOT NULL,
	"balance" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "ledger_accounts_kind_has_owner" CHECK (case "ledger_accounts"."kind"
        when 'wallet' then num_nonnulls("ledger_accounts"."stream_id", "ledger_accounts"."provider") = 0 and "ledger_accounts"."owner_id" is not null
        when 'earnings' then num_nonnulls("ledger_accounts"."stream_id", "ledger_accounts"."provider") = 0 and "ledger_accounts"."owner_id" is not null
        when 'tickets' then num_nonnulls("ledger_accounts"."owner_id", "ledger_accounts"."provider") = 0 and "ledger_accounts"."stream_id" is not null
        when 'clearing' then num_nonnulls("ledger_accounts"."owner_id", "ledger_accounts"."stream_id") = 0 and "ledger_accounts"."provider" is not null
        else num_nonnulls("ledger_accounts"."owner_id", "ledger_accounts"."stream_id", "ledger_accounts"."provider") = 0
      end),
	CONSTRAINT "ledger_accounts_balance_within_bounds" CHECK (case when "ledger_accounts"."kind" in ('wallet', 'earnings', 'tickets')
        then "ledger_accounts"."balance" between 0 and 9007199254740991
        else "ledger_accounts"."balance" between -9007199254740991 and 9007199254740991
      end)
);
--> statement-breakpoint
CREATE TABLE "ledger_entries" (
	"transaction_id" bigint NOT NULL,
	"account_id" bigint NOT NULL,
	"amount" bigint NOT NULL,
	"balance_after" bigint,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "ledger_entries_pkey" PRIMARY KEY("transaction_id","account_id"),
	CONSTRAINT "ledger_entries_amount_not_zero" CHECK ("ledger_entries"."amount" <> 0)
);
--> statement-breakpoint
CREATE TABLE "ledger_pending" (
	"account_id" bigint NOT NULL,
	"transaction_id" bigint NOT NULL,
	"amount" bigint NOT NULL,
	CONSTRAINT "ledger_pending_pkey" PRIMARY KEY("account_id","transaction_id")
);
--> statement-breakpoint
CREATE TABLE "ledger_transactions" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "ledger_transactions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" "ledger_transaction_kind" NOT NULL,
	"payment_id" uuid,
	"stream_id" uuid,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "ledger_transactions_kind_has_subject" CHECK (case "ledger_transactions"."kind"
        when 'release' then "ledger_transactions"."payment_id" is null and "ledger_transactions"."stream_id" is not null
        when 'forfeit' then "ledger_transactions"."payment_id" is null and "ledger_transactions"."stream_id" is null
        else "ledger_transactions"."payment_id" is not null and "ledger_transactions"."stream_id" is null
      end)
);
--> statement-breakpoint
CREATE TABLE "ledger_audits" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "ledger_audits_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"started_at" timestamp(3) with time zone NOT NULL,
	"finished_at" timestamp(3) with time zone NOT NULL,
	"entry_count" bigint NOT NULL,
	"break_count" integer NOT NULL,
	"breaks" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "payouts" (
	"payment_id" uuid PRIMARY KEY NOT NULL,
	"status" "payout_status" DEFAULT 'requested' NOT NULL,
	"decided_by_id" uuid,
	"decided_at" timestamp(3) with time zone,
	"reason" text,
	"paid_at" timestamp(3) with time zone,
	"reference" text,
	CONSTRAINT "payouts_decided_has_admin" CHECK (("payouts"."decided_at" is null) = ("payouts"."decided_by_id" is null)),
	CONSTRAINT "payouts_decided_has_time" CHECK (("payouts"."status" = 'requested') = ("payouts"."decided_at" is null)),
	CONSTRAINT "payouts_paid_has_time" CHECK (("payouts"."status" = 'paid') = ("payouts"."paid_at" is not null)),
	CONSTRAINT "payouts_reason_length" CHECK (length("payouts"."reason") <= 500),
	CONSTRAINT "payouts_reference_length" CHECK (length("payouts"."reference") <= 200)
);
--> statement-breakpoint
CREATE TABLE "provider_events" (
	"provider" text NOT NULL,
	"event_id" text NOT NULL,
	"type" text NOT NULL,
	"payment_id" uuid,
	"outcome" text NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "provider_events_pkey" PRIMARY KEY("provider","event_id")
);
--> statement-breakpoint
CREATE TABLE "provider_payments" (
	"payment_id" uuid PRIMARY KEY NOT NULL,
	"provider" text NOT NULL,
	"reference" text,
	"checkout" jsonb,
	"answered_status" "payment_status",
	"failure_reason" text,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "spending_limits" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"daily_amount" integer,
	"next_daily_amount" integer,
	"next_from" timestamp(3) with time zone,
	"spent_amount" bigint DEFAULT 0 NOT NULL,
	"spent_on" date NOT NULL,
	CONSTRAINT "spending_limits_amount_not_negative" CHECK (least("spending_limits"."daily_amount", "spending_limits"."next_daily_amount") >= 0),
	CONSTRAINT "spending_limits_spent_not_negative" CHECK ("spending_limits"."spent_amount" >= 0)
);
--> statement-breakpoint
CREATE TABLE "stream_tippers" (
	"stream_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"amount" bigint NOT NULL,
	"tip_count" integer NOT NULL,
	CONSTRAINT "stream_tippers_pkey" PRIMARY KEY("stream_id","user_id"),
	CONSTRAINT "stream_tippers_amount_not_negative" CHECK ("stream_tippers"."amount" >= 0),
	CONSTRAINT "stream_tippers_count_not_negative" CHECK ("stream_tippers"."tip_count" >= 0)
);
--> statement-breakpoint
CREATE TABLE "tip_goals" (
	"id" uuid PRIMARY KEY NOT NULL,
	"stream_id" uuid NOT NULL,
	"title" text NOT NULL,
	"target_amount" integer NOT NULL,
	"raised_amount" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"reached_at" timestamp(3) with time zone,
	"ended_at" timestamp(3) with time zone,
	CONSTRAINT "tip_goals_title_length" CHECK (length("tip_goals"."title") between 1 and 100),
	CONSTRAINT "tip_goals_target_positive" CHECK ("tip_goals"."target_amount" between 1 and 100000000),
	CONSTRAINT "tip_goals_raised_not_negative" CHECK ("tip_goals"."raised_amount" >= 0),
	CONSTRAINT "tip_goals_reached_has_time" CHECK (("tip_goals"."raised_amount" >= "tip_goals"."target_amount") = ("tip_goals"."reached_at" is not null))
);
--> statement-breakpoint
CREATE TABLE "tip_outbox" (
	"stream_id" uuid NOT NULL,
	"payment_id" uuid NOT NULL,
	CONSTRAINT "tip_outbox_pkey" PRIMARY KEY("stream_id","payment_id")
);
--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "fee" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "refunds_id" uuid;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "idempotency_key" text;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "request_hash" text;--> statement-breakpoint
ALTER TABLE "ledger_accounts" ADD CONSTRAINT "ledger_accounts_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ledger_accounts" ADD CONSTRAINT "ledger_accounts_stream_id_streams_id_fk" FOREIGN KEY ("stream_id") REFERENCES "public"."streams"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ledger_transactions" ADD CONSTRAINT "ledger_transactions_payment_id_payments_id_fk" FOREIGN KEY ("payment_id") REFERENCES "public"."payments"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ledger_transactions" ADD CONSTRAINT "ledger_transactions_stream_id_streams_id_fk" FOREIGN KEY ("stream_id") REFERENCES "public"."streams"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "payouts" ADD CONSTRAINT "payouts_payment_id_payments_id_fk" FOREIGN KEY ("payment_id") REFERENCES "public"."payments"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "payouts" ADD CONSTRAINT "payouts_decided_by_id_users_id_fk" FOREIGN KEY ("decided_by_id") REFERENCES "public"."users"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "provider_payments" ADD CONSTRAINT "provider_payments_payment_id_payments_id_fk" FOREIGN KEY ("payment_id") REFERENCES "public"."payments"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "spending_limits" ADD CONSTRAINT "spending_limits_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stream_tippers" ADD CONSTRAINT "stream_tippers_stream_id_stream_logs_stream_id_fk" FOREIGN KEY ("stream_id") REFERENCES "public"."stream_logs"("stream_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stream_tippers" ADD CONSTRAINT "stream_tippers_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tip_goals" ADD CONSTRAINT "tip_goals_stream_id_stream_logs_stream_id_fk" FOREIGN KEY ("stream_id") REFERENCES "public"."stream_logs"("stream_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tip_outbox" ADD CONSTRAINT "tip_outbox_payment_id_payments_id_fk" FOREIGN KEY ("payment_id") REFERENCES "public"."payments"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "ledger_accounts_owner_key" ON "ledger_accounts" USING btree ("owner_id","kind","currency") WHERE owner_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "ledger_accounts_stream_key" ON "ledger_accounts" USING btree ("stream_id","currency") WHERE stream_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "ledger_accounts_platform_key" ON "ledger_accounts" USING btree ("kind",coalesce(provider, ''),"currency") WHERE owner_id is null and stream_id is null;--> statement-breakpoint
CREATE INDEX "ledger_entries_account_idx" ON "ledger_entries" USING btree ("account_id","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "ledger_transactions_payment_key" ON "ledger_transactions" USING btree ("payment_id","kind") WHERE payment_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "ledger_transactions_stream_key" ON "ledger_transactions" USING btree ("stream_id") WHERE stream_id is not null;--> statement-breakpoint
CREATE INDEX "ledger_audits_finished_idx" ON "ledger_audits" USING btree ("finished_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "payouts_open_idx" ON "payouts" USING btree ("payment_id") WHERE status in ('requested', 'approved');--> statement-breakpoint
CREATE UNIQUE INDEX "provider_payments_reference_key" ON "provider_payments" USING btree ("provider","reference") WHERE reference is not null;--> statement-breakpoint
CREATE INDEX "provider_payments_unsent_idx" ON "provider_payments" USING btree ("created_at") WHERE reference is null;--> statement-breakpoint
CREATE INDEX "stream_tippers_rank_idx" ON "stream_tippers" USING btree ("stream_id","amount" DESC NULLS LAST,"user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "tip_goals_one_per_stream" ON "tip_goals" USING btree ("stream_id") WHERE ended_at is null;--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_refunds_id_payments_id_fk" FOREIGN KEY ("refunds_id") REFERENCES "public"."payments"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "payments_idempotency_key" ON "payments" USING btree (coalesce(payer_id, payee_id),"type","idempotency_key") WHERE idempotency_key is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "payments_refunded_once" ON "payments" USING btree ("refunds_id") WHERE refunds_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "payments_one_ticket" ON "payments" USING btree ("stream_id","payer_id") WHERE type = 'private_show' and status = 'completed';--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_fee_within_amount" CHECK ("payments"."fee" between 0 and "payments"."amount");--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_refund_names_payment" CHECK (("payments"."type" = 'refund') = ("payments"."refunds_id" is not null));--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_key_has_hash" CHECK (("payments"."idempotency_key" is null) = ("payments"."request_hash" is null));--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_key_length" CHECK (length("payments"."idempotency_key") between 8 and 128);