DROP INDEX "ledger_audits_finished_idx";--> statement-breakpoint
DROP INDEX "messages_author_idx";--> statement-breakpoint
DROP INDEX "payments_payer_idx";--> statement-breakpoint
DROP INDEX "payments_payee_idx";--> statement-breakpoint
DROP INDEX "payments_stream_idx";--> statement-breakpoint
DROP INDEX "moderation_actions_performer_idx";--> statement-breakpoint
DROP INDEX "streams_public_newest_idx";--> statement-breakpoint
DROP INDEX "streams_public_viewers_idx";--> statement-breakpoint
DROP INDEX "streams_performer_idx";--> statement-breakpoint
DROP INDEX "stream_tippers_rank_idx";--> statement-breakpoint
CREATE INDEX "ledger_audits_finished_idx" ON "ledger_audits" USING btree ("finished_at");--> statement-breakpoint
CREATE INDEX "messages_author_idx" ON "messages" USING btree ("author_id","stream_id","seq");--> statement-breakpoint
CREATE INDEX "payments_payer_idx" ON "payments" USING btree ("payer_id","id");--> statement-breakpoint
CREATE INDEX "payments_payee_idx" ON "payments" USING btree ("payee_id","id");--> statement-breakpoint
CREATE INDEX "payments_stream_idx" ON "payments" USING btree ("stream_id","id") WHERE stream_id is not null;--> statement-breakpoint
CREATE INDEX "moderation_actions_performer_idx" ON "moderation_actions" USING btree ("performer_id","id");--> statement-breakpoint
CREATE INDEX "streams_public_newest_idx" ON "streams" USING btree ("status","id") WHERE not is_private;--> statement-breakpoint
CREATE INDEX "streams_public_viewers_idx" ON "streams" USING btree ("status","viewer_count","id") WHERE not is_private;--> statement-breakpoint
CREATE INDEX "streams_performer_idx" ON "streams" USING btree ("performer_id","id");--> statement-breakpoint
CREATE INDEX "stream_tippers_rank_idx" ON "stream_tippers" USING btree ("stream_id","amount" DESC NULLS FIRST,"user_id");