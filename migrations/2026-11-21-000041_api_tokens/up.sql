CREATE TABLE api_token (
    id uuid CONSTRAINT api_token_pkey PRIMARY KEY,
    account_id uuid NOT NULL CONSTRAINT api_token_account REFERENCES account,
    label text NOT NULL CONSTRAINT api_token_label_length CHECK (char_length(label) BETWEEN 1 AND 100),
    token_hash bytea NOT NULL CONSTRAINT api_token_hash_unique UNIQUE,
    scope text NOT NULL CONSTRAINT api_token_scope_known
        CHECK (scope IN ('read', 'questions', 'judging', 'operating', 'all')),
    epoch integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT api_token_expires_later CHECK (expires_at > created_at)
);
CREATE INDEX api_token_of_account ON api_token (account_id, id);
COMMENT ON TABLE api_token IS 'Tokens that an account made for its programs; only the SHA-256 is kept, revoked ones are deleted.';
COMMENT ON COLUMN api_token.scope IS 'What it may do at most; never more than the role of its account.';
