CREATE TABLE staff_token (
    id uuid CONSTRAINT staff_token_pkey PRIMARY KEY,
    label text NOT NULL CONSTRAINT staff_token_label_length CHECK (char_length(label) BETWEEN 1 AND 100),
    token_hash bytea NOT NULL CONSTRAINT staff_token_hash_unique UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);
COMMENT ON TABLE staff_token IS 'Tokens of admins; only the SHA-256 is kept.';

CREATE TABLE start_link (
    code_hash bytea CONSTRAINT start_link_pkey PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE start_link IS 'One-time links into the console; used ones are deleted.';

CREATE TABLE ws_ticket (
    ticket_hash bytea CONSTRAINT ws_ticket_pkey PRIMARY KEY,
    token_hash bytea NOT NULL,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE ws_ticket IS 'One-use tickets that open a socket for the holder of a token; used ones are deleted.';
