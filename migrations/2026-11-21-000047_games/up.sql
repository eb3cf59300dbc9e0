CREATE TABLE game (
    id uuid CONSTRAINT game_pkey PRIMARY KEY,
    -- Shorter than an id, so that no slug can be mistaken for one.
    slug text NOT NULL CONSTRAINT game_slug_taken UNIQUE
        CONSTRAINT game_slug_format CHECK (slug ~ '^[a-z0-9](-?[a-z0-9]){0,29}$' AND char_length(slug) <= 30),
    title text NOT NULL CONSTRAINT game_title_length CHECK (char_length(title) BETWEEN 1 AND 200),
    self_reported boolean NOT NULL,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT game_kind UNIQUE (id, self_reported)
);
COMMENT ON TABLE game IS 'What many contests are played of, or what accounts report scores of themselves in; never both.';
COMMENT ON CONSTRAINT game_kind ON game IS 'For foreign keys that carry which of the two it is.';

CREATE TABLE reported_score (
    game_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL CONSTRAINT reported_score_account REFERENCES account,
    score bigint NOT NULL
        CONSTRAINT reported_score_exact CHECK (score BETWEEN -9007199254740991 AND 9007199254740991),
    at timestamptz NOT NULL,
    self_reported boolean NOT NULL GENERATED ALWAYS AS (true) STORED,
    CONSTRAINT reported_score_pkey PRIMARY KEY (game_id, id),
    CONSTRAINT scores_not_reported FOREIGN KEY (game_id, self_reported) REFERENCES game (id, self_reported)
);
CREATE INDEX reported_score_of_account ON reported_score (game_id, account_id, id);
CREATE INDEX reported_score_at ON reported_score (game_id, at);
CREATE TRIGGER reported_score_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reported_score
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE reported_score IS 'Every score that an account reported of itself, append-only.';
COMMENT ON CONSTRAINT reported_score_exact ON reported_score IS
    'What a double holds exactly: clients read numbers so, and Redis ranks by them.';

CREATE TABLE high_score (
    game_id uuid NOT NULL CONSTRAINT high_score_game REFERENCES game,
    account_id uuid NOT NULL CONSTRAINT high_score_account REFERENCES account,
    score bigint,
    changed bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
    CONSTRAINT high_score_pkey PRIMARY KEY (game_id, account_id)
);
CREATE INDEX high_score_order ON high_score (game_id, score DESC, account_id) WHERE score IS NOT NULL;
CREATE INDEX high_score_changed ON high_score (game_id, changed);
COMMENT ON TABLE high_score IS 'The best score of each account in a game; null when it has none any more.';
COMMENT ON COLUMN high_score.changed IS
    'The transaction that wrote it: whoever knows the board of a snapshot knows all but what that one''s oldest or a later transaction wrote.';
