CREATE TABLE account (
    id uuid CONSTRAINT account_pkey PRIMARY KEY,
    name text NOT NULL,
    name_key text NOT NULL CONSTRAINT account_name_taken UNIQUE,
    name_skeleton text NOT NULL CONSTRAINT account_name_lookalike UNIQUE,
    email text NOT NULL DEFAULT '' CONSTRAINT account_email_length CHECK (char_length(email) <= 254),
    password_hash text NOT NULL CONSTRAINT account_password_hashed CHECK (password_hash LIKE '$argon2id$%'),
    role text NOT NULL DEFAULT 'member' CONSTRAINT account_role_known
        CHECK (role IN ('owner', 'admin', 'editor', 'judge', 'announcer', 'operator', 'member')),
    state text NOT NULL DEFAULT 'active' CONSTRAINT account_state_known CHECK (state IN ('active', 'disabled')),
    epoch integer NOT NULL DEFAULT 1 CONSTRAINT account_epoch_positive CHECK (epoch > 0),
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE account IS 'People who sign in with a name and a password; of the password only its Argon2id is kept.';
COMMENT ON COLUMN account.epoch IS 'Whatever was issued in an earlier epoch is void: all of an account''s tokens are revoked by the next one.';

CREATE TABLE session (
    id uuid CONSTRAINT session_pkey PRIMARY KEY,
    account_id uuid NOT NULL CONSTRAINT session_account REFERENCES account,
    epoch integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    ended_by text CONSTRAINT session_ended_by_known CHECK (ended_by IN ('sign_out', 'reuse')),
    CONSTRAINT session_ended_has_cause CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE INDEX session_of_account ON session (account_id);
COMMENT ON TABLE session IS 'One sign-in: the family of the refresh tokens that follow from it, and of their access tokens.';

CREATE TABLE refresh_token (
    token_hash bytea CONSTRAINT refresh_token_pkey PRIMARY KEY,
    session_id uuid NOT NULL CONSTRAINT refresh_token_session REFERENCES session,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX refresh_token_of_session ON refresh_token (session_id);
COMMENT ON TABLE refresh_token IS 'Each is good for one exchange; only the SHA-256 is kept. One that comes back after its use ends its session.';

ALTER TABLE ws_ticket
    ADD COLUMN session_id uuid,
    ALTER COLUMN token_hash DROP NOT NULL,
    ADD CONSTRAINT ws_ticket_of_somebody CHECK (num_nonnulls(token_hash, session_id) = 1);
COMMENT ON COLUMN ws_ticket.session_id IS 'The sign-in behind the ticket, where its holder has no token that is stored.';
