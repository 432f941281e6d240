-- Removes the second factor of an account whose owner cannot give a code any more, or never could because somebody else has
-- set it up, and ends every session. For the operator, who has found out who asks. Whoever is not found is null.
CREATE FUNCTION clear_second_factor(target uuid, actor uuid, cleared_time timestamptz) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM FROM users WHERE id = target AND deleted_at IS NULL FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  DELETE FROM second_factors WHERE user_id = target;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE sessions SET revoked_at = cleared_time, revoked_reason = 'second_factor_changed'
  WHERE user_id = target AND revoked_at IS NULL;
  PERFORM note_audit(actor, 'second_factor_removed', target, NULL);
  RETURN true;
END
$$;
