CREATE TABLE "passkeys" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"credential_id" text NOT NULL,
	"public_key" text NOT NULL,
	"sign_count" bigint NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp(3) with time zone,
	"last_challenge_at" timestamp(3) with time zone,
	CONSTRAINT "passkeys_credential_id_length" CHECK (length("passkeys"."credential_id") between 1 and 1364),
	CONSTRAINT "passkeys_public_key_length" CHECK (length("passkeys"."public_key") <= 4000),
	CONSTRAINT "passkeys_name_length" CHECK (length("passkeys"."name") between 1 and 50),
	CONSTRAINT "passkeys_sign_count_not_negative" CHECK ("passkeys"."sign_count" >= 0)
);
--> statement-breakpoint
ALTER TABLE "passkeys" ADD CONSTRAINT "passkeys_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "passkeys_credential_id_key" ON "passkeys" USING btree ("credential_id");--> statement-breakpoint
CREATE INDEX "passkeys_user_id_idx" ON "passkeys" USING btree ("user_id");--> statement-breakpoint
-- Keeps a passkey of an account that has fewer than `passkeys_max`. Answers whether it did. The account's row is locked
-- before they are counted, so that those of the same moment count each other and none is kept of a deleted account.
CREATE FUNCTION add_passkey(
  new_id uuid, owner_id uuid, new_credential_id text, new_public_key text, new_sign_count bigint, new_name text,
  added_time timestamptz, passkeys_max integer
) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM FROM users WHERE id = owner_id AND deleted_at IS NULL FOR NO KEY UPDATE;
  IF NOT FOUND OR (SELECT count(*) FROM passkeys WHERE user_id = owner_id) >= passkeys_max THEN
    RETURN false;
  END IF;
  INSERT INTO passkeys (id, user_id, credential_id, public_key, sign_count, name, created_at)
  VALUES (new_id, owner_id, new_credential_id, new_public_key, new_sign_count, new_name, added_time);
  RETURN true;
END
$$;
--> statement-breakpoint
CREATE FUNCTION forget_passkeys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM passkeys WHERE user_id = NEW.id;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER users_forget_passkeys BEFORE UPDATE OF deleted_at ON users
  FOR EACH ROW WHEN (NEW.deleted_at IS NOT NULL) EXECUTE FUNCTION forget_passkeys();
