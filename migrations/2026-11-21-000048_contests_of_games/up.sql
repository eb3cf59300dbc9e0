ALTER TABLE contest
    ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC'
        CONSTRAINT contest_time_zone_length CHECK (char_length(time_zone) BETWEEN 1 AND 100),
    ADD COLUMN game_id uuid,
    ADD COLUMN takes_reports boolean NOT NULL GENERATED ALWAYS AS (false) STORED,
    ADD CONSTRAINT scores_self_reported FOREIGN KEY (game_id, takes_reports) REFERENCES game (id, self_reported),
    ADD CONSTRAINT contest_demo_in_no_game CHECK (game_id IS NULL OR kind <> 'demo');
CREATE INDEX contest_of_game ON contest (game_id) WHERE game_id IS NOT NULL;
COMMENT ON COLUMN contest.time_zone IS 'Whose days its reports count in, by its IANA name.';
COMMENT ON COLUMN contest.game_id IS 'The game that it is played of, if it is of one.';
COMMENT ON COLUMN contest.takes_reports IS 'For the foreign key: a game whose scores are reported has no contests.';

ALTER TABLE game ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC'
    CONSTRAINT game_time_zone_length CHECK (char_length(time_zone) BETWEEN 1 AND 100);
COMMENT ON COLUMN game.time_zone IS 'Whose days reports of what was reported in it count in, by its IANA name.';

CREATE TABLE contest_score (
    game_id uuid NOT NULL CONSTRAINT contest_score_game REFERENCES game,
    account_id uuid NOT NULL CONSTRAINT contest_score_account REFERENCES account,
    contest_id uuid NOT NULL CONSTRAINT contest_score_contest REFERENCES contest,
    score bigint NOT NULL,
    CONSTRAINT contest_score_pkey PRIMARY KEY (game_id, account_id, contest_id)
);
CREATE INDEX contest_score_of_contest ON contest_score (contest_id);
COMMENT ON TABLE contest_score IS 'What everybody may know that an account has in a contest of a game; the best one is its high score.';

CREATE TABLE credited_contest (
    contest_id uuid CONSTRAINT credited_contest_pkey PRIMARY KEY
        CONSTRAINT credited_contest_contest REFERENCES contest,
    game_id uuid NOT NULL CONSTRAINT credited_contest_game REFERENCES game,
    seq bigint NOT NULL CONSTRAINT credited_contest_seq_positive CHECK (seq >= 0)
);
COMMENT ON TABLE credited_contest IS 'Up to which event the scores of a contest are on the board of its game.';

-- Reports look for what happened in some days: the ledger is written in the order of time.
CREATE INDEX ledger_entry_at ON ledger_entry USING brin (at);
