CREATE TABLE mystery_box (
    contest_id uuid NOT NULL CONSTRAINT mystery_box_contest REFERENCES contest,
    id uuid NOT NULL,
    difficulty text NOT NULL CONSTRAINT mystery_box_difficulty_known
        CHECK (difficulty IN ('EASY', 'MEDIUM', 'HARD')),
    price bigint NOT NULL CONSTRAINT mystery_box_price_positive CHECK (price >= 0),
    reward bigint NOT NULL CONSTRAINT mystery_box_reward_positive CHECK (reward >= 0),
    max_opens smallint NOT NULL DEFAULT 1 CONSTRAINT mystery_box_max_opens_range CHECK (max_opens BETWEEN 1 AND 1000),
    enabled boolean NOT NULL DEFAULT true,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT mystery_box_pkey PRIMARY KEY (contest_id, id),
    CONSTRAINT mystery_box_exists UNIQUE (contest_id, difficulty)
);
COMMENT ON TABLE mystery_box IS 'Pay the price, get a harder question worth the reward; one box for each difficulty.';

CREATE TABLE box_opening (
    contest_id uuid NOT NULL,
    id uuid NOT NULL,
    box_id uuid NOT NULL,
    team_id uuid NOT NULL,
    open_no smallint NOT NULL,
    max_opens smallint NOT NULL,
    price bigint NOT NULL,
    ledger_seq integer NOT NULL,
    assignment_id uuid NOT NULL,
    opened_at timestamptz NOT NULL,
    CONSTRAINT box_opening_pkey PRIMARY KEY (contest_id, id),
    CONSTRAINT box_opening_box FOREIGN KEY (contest_id, box_id) REFERENCES mystery_box,
    CONSTRAINT box_opening_ledger FOREIGN KEY (contest_id, team_id, ledger_seq) REFERENCES ledger_entry,
    CONSTRAINT box_opening_assignment FOREIGN KEY (contest_id, assignment_id, team_id)
        REFERENCES assignment (contest_id, id, team_id),
    CONSTRAINT box_opening_one_ledger_entry UNIQUE (contest_id, team_id, ledger_seq),
    CONSTRAINT box_opening_one_assignment UNIQUE (contest_id, assignment_id),
    CONSTRAINT box_opening_number UNIQUE (contest_id, team_id, box_id, open_no),
    CONSTRAINT box_limit_reached CHECK (open_no BETWEEN 1 AND max_opens)
);
COMMENT ON TABLE box_opening IS 'A box that was paid for: price, question and opening exist together or not at all.';
