CREATE TABLE last_check (
    only_one boolean CONSTRAINT last_check_pkey PRIMARY KEY DEFAULT true,
    due_at timestamptz NOT NULL DEFAULT now(),
    checked_at timestamptz,
    took_ms bigint NOT NULL DEFAULT 0,
    contests integer NOT NULL DEFAULT 0,
    breaches jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT last_check_only_one CHECK (only_one)
);
INSERT INTO last_check DEFAULT VALUES;
COMMENT ON TABLE last_check IS 'One row: what the last check in the background found, of whichever instance.';
COMMENT ON COLUMN last_check.due_at IS 'When the next one may begin.';
COMMENT ON COLUMN last_check.breaches IS 'How often each broken invariant is broken.';

CREATE TABLE verified_log (
    contest_id uuid CONSTRAINT verified_log_pkey PRIMARY KEY CONSTRAINT verified_log_contest REFERENCES contest,
    seq bigint NOT NULL CONSTRAINT verified_log_seq_positive CHECK (seq > 0),
    hash bytea NOT NULL
);
COMMENT ON TABLE verified_log IS 'Up to which event the checks in the background have followed each hash chain.';
