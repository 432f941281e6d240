-- For whoever asks whether another admin is left.
CREATE INDEX users_admins_idx ON users (id) WHERE role = 'admin';
--> statement-breakpoint
-- An account as admins see it: AdministeredUser.
CREATE FUNCTION administered_user(member users) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT jsonb_build_object('id', member.id, 'username', member.username, 'displayName', member.display_name,
    'role', member.role, 'isVerified', member.is_verified, 'suspendedAt', iso_timestamp(member.suspended_at),
    'suspensionReason', member.suspension_reason)
$$;
--> statement-breakpoint
-- Whether nobody would be left to administer the site without this account, whose row the caller has locked. Those who ask
-- wait for each other, so that of two admins who suspend each other one stays; whoever holds this lock waits for the row of
-- no other account.
CREATE FUNCTION is_last_admin(account users) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  IF account.role <> 'admin' OR account.suspended_at IS NOT NULL THEN
    RETURN false;
  END IF;
  PERFORM pg_advisory_xact_lock(7302019451);
  RETURN NOT EXISTS (
    SELECT FROM users WHERE role = 'admin' AND suspended_at IS NULL AND deleted_at IS NULL AND id <> account.id);
END
$$;
--> statement-breakpoint
-- Ends every stream of a performer that is not over, and returns them. Their rows are locked before the first is ended, and
-- then those of their logs, in the order of delete_account. The row of the performer is locked before.
CREATE FUNCTION end_streams(performer uuid, ended_time timestamptz) RETURNS uuid[]
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  open_ids uuid[] := ARRAY(
    SELECT id FROM streams WHERE performer_id = performer AND status <> 'ended' ORDER BY id FOR NO KEY UPDATE);
BEGIN
  PERFORM FROM stream_logs WHERE stream_id = ANY (open_ids) ORDER BY stream_id FOR NO KEY UPDATE;
  UPDATE streams SET status = 'ended', ended_at = ended_time, viewer_count = 0 WHERE id = ANY (open_ids);
  RETURN open_ids;
END
$$;
--> statement-breakpoint
-- Suspends an account: its sessions and streams end at once. Again, it sets the reason alone. `outcome` is `done`,
-- `unchanged` when all of that holds, NOT_FOUND, FORBIDDEN for oneself, or LAST_ADMIN; `ended` are the streams that ended.
CREATE FUNCTION suspend_user(
  target uuid, actor uuid, new_reason text, acted_time timestamptz, OUT outcome text, OUT ended uuid[], OUT result jsonb)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  account users;
BEGIN
  ended := '{}';
  SELECT * INTO account FROM users WHERE id = target AND deleted_at IS NULL FOR NO KEY UPDATE;
  outcome := CASE
    WHEN account.id IS NULL THEN 'NOT_FOUND'
    WHEN target = actor THEN 'FORBIDDEN'
    WHEN account.suspended_at IS NOT NULL AND account.suspension_reason IS NOT DISTINCT FROM new_reason THEN 'unchanged'
    WHEN is_last_admin(account) THEN 'LAST_ADMIN'
    ELSE 'done'
  END;
  IF outcome = 'done' THEN
    UPDATE users SET suspended_at = coalesce(suspended_at, acted_time), suspension_reason = new_reason
      WHERE id = target RETURNING * INTO account;
    UPDATE sessions SET revoked_at = acted_time, revoked_reason = 'account_suspended'
      WHERE user_id = target AND revoked_at IS NULL;
    ended := end_streams(target, acted_time);
    PERFORM note_audit(actor, 'user_suspended', target, jsonb_build_object('endedStreamIds', to_jsonb(ended)));
  END IF;
  IF outcome IN ('done', 'unchanged') THEN
    result := administered_user(account);
  END IF;
END
$$;
--> statement-breakpoint
-- Lets a suspended account sign in again; its sessions and streams stay ended. `outcome` is `done`, `unchanged` or NOT_FOUND.
CREATE FUNCTION lift_suspension(target uuid, actor uuid, OUT outcome text, OUT result jsonb)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  account users;
BEGIN
  SELECT * INTO account FROM users WHERE id = target AND deleted_at IS NULL FOR NO KEY UPDATE;
  outcome := CASE
    WHEN account.id IS NULL THEN 'NOT_FOUND'
    WHEN account.suspended_at IS NULL THEN 'unchanged'
    ELSE 'done'
  END;
  IF outcome = 'done' THEN
    UPDATE users SET suspended_at = NULL, suspension_reason = NULL WHERE id = target RETURNING * INTO account;
    PERFORM note_audit(actor, 'suspension_lifted', target, NULL);
  END IF;
  IF outcome IN ('done', 'unchanged') THEN
    result := administered_user(account);
  END IF;
END
$$;
--> statement-breakpoint
-- Gives an account a role. Who becomes a viewer is not verified any more, and their streams end. `outcome` is `done`,
-- `unchanged`, NOT_FOUND or LAST_ADMIN; `ended` are the streams that ended.
CREATE FUNCTION change_role(
  target uuid, actor uuid, new_role user_role, acted_time timestamptz, OUT outcome text, OUT ended uuid[], OUT result jsonb)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  account users;
  old_role user_role;
BEGIN
  ended := '{}';
  SELECT * INTO account FROM users WHERE id = target AND deleted_at IS NULL FOR NO KEY UPDATE;
  old_role := account.role;
  outcome := CASE
    WHEN account.id IS NULL THEN 'NOT_FOUND'
    WHEN old_role = new_role THEN 'unchanged'
    WHEN is_last_admin(account) THEN 'LAST_ADMIN'
    ELSE 'done'
  END;
  IF outcome = 'done' THEN
    UPDATE users SET role = new_role, is_verified = is_verified AND new_role <> 'viewer' WHERE id = target
      RETURNING * INTO account;
    IF new_role = 'viewer' THEN
      ended := end_streams(target, acted_time);
    END IF;
    PERFORM note_audit(actor, 'role_changed', target, jsonb_build_object('from', old_role, 'to', new_role));
  END IF;
  IF outcome IN ('done', 'unchanged') THEN
    result := administered_user(account);
  END IF;
END
$$;
--> statement-breakpoint
-- A report as admins are told of it: Report.
CREATE VIEW report_details AS
SELECT reports.id, reports.status, reports.user_id,
  jsonb_build_object(
    'id', reports.id,
    'reporter', user_summary(reporter),
    'user', user_summary(reported),
    'streamId', reports.stream_id,
    'messageId', reports.message_id,
    'messageContent', reports.message_content,
    'reason', reports.reason,
    'comment', reports.comment,
    'status', reports.status,
    'note', reports.note,
    'createdAt', iso_timestamp(reports.created_at),
    'decidedAt', iso_timestamp(reports.decided_at),
    'decidedBy', CASE WHEN decider.id IS NOT NULL THEN user_summary(decider) END
  ) AS told
FROM reports
JOIN users AS reporter ON reporter.id = reporter_id
JOIN users AS reported ON reported.id = user_id
LEFT JOIN users AS decider ON decider.id = decided_by_id;
--> statement-breakpoint
-- Decides a report, once. `outcome` is `done`, `unchanged` for the same decision of the same admin, NOT_FOUND, FORBIDDEN for
-- whom it is about, or REPORT_DECIDED. The admin's row is locked before the report's, since users come first.
CREATE FUNCTION decide_report(
  given uuid, actor uuid, decision report_status, new_note text, acted_time timestamptz, OUT outcome text, OUT result jsonb)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  report reports;
BEGIN
  PERFORM FROM users WHERE id = actor FOR KEY SHARE;
  SELECT * INTO report FROM reports WHERE id = given FOR NO KEY UPDATE;
  outcome := CASE
    WHEN report.id IS NULL THEN 'NOT_FOUND'
    WHEN report.user_id = actor THEN 'FORBIDDEN'
    WHEN report.status = 'open' THEN 'done'
    WHEN report.status = decision AND report.decided_by_id = actor AND report.note IS NOT DISTINCT FROM new_note
      THEN 'unchanged'
    ELSE 'REPORT_DECIDED'
  END;
  IF outcome = 'done' THEN
    UPDATE reports SET status = decision, decided_at = acted_time, decided_by_id = actor, note = new_note WHERE id = given;
    PERFORM note_audit(actor, 'report_decided', report.user_id,
      jsonb_build_object('reportId', given, 'decision', decision));
  END IF;
  IF outcome IN ('done', 'unchanged') THEN
    result := (SELECT told FROM report_details WHERE id = given);
  END IF;
END
$$;
