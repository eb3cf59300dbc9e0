DELETE FROM ws_ticket WHERE token_hash IS NULL;
ALTER TABLE ws_ticket
    DROP CONSTRAINT ws_ticket_of_somebody,
    DROP COLUMN session_id,
    ALTER COLUMN token_hash SET NOT NULL;
DROP TABLE refresh_token;
DROP TABLE session;
DROP TABLE account;
