CREATE TABLE idempotency (
    principal text NOT NULL,
    key text NOT NULL CONSTRAINT idempotency_key_length CHECK (char_length(key) BETWEEN 1 AND 255),
    request_hash bytea NOT NULL,
    status smallint NOT NULL,
    reply text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT idempotency_pkey PRIMARY KEY (principal, key)
);
CREATE INDEX idempotency_age ON idempotency (at);
COMMENT ON TABLE idempotency IS 'Replies kept with their effects, so that a repeated request changes nothing and hears the same.';
