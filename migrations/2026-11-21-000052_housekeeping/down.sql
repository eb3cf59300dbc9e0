DROP INDEX refresh_token_expiry;
DROP INDEX idempotency_of_contest;
CREATE INDEX idempotency_age ON idempotency (at);
ALTER TABLE idempotency DROP COLUMN contest_id;
