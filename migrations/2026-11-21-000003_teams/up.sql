CREATE TABLE team (
    contest_id uuid NOT NULL CONSTRAINT team_contest REFERENCES contest,
    id uuid NOT NULL,
    name text NOT NULL,
    name_key text NOT NULL,
    name_skeleton text NOT NULL,
    email text NOT NULL CONSTRAINT team_email_length CHECK (char_length(email) <= 254),
    join_code text NOT NULL CONSTRAINT team_join_code_format CHECK (join_code ~ '^[A-HJ-NP-Z2-9]{8}$'),
    state text NOT NULL DEFAULT 'active'
        CONSTRAINT team_state_known CHECK (state IN ('active', 'withdrawn', 'disqualified', 'deleted')),
    hidden boolean NOT NULL DEFAULT false,
    extra_time_ms bigint NOT NULL DEFAULT 0 CONSTRAINT team_extra_time_positive CHECK (extra_time_ms >= 0),
    version integer NOT NULL DEFAULT 1,
    members smallint NOT NULL,
    max_members smallint NOT NULL,
    points bigint NOT NULL,
    credit_limit bigint NOT NULL CONSTRAINT team_credit_limit_positive CHECK (credit_limit >= 0),
    debt bigint NOT NULL DEFAULT 0 CONSTRAINT team_debt_positive CHECK (debt >= 0),
    last_gain_ms bigint,
    wrong integer NOT NULL DEFAULT 0 CONSTRAINT team_wrong_positive CHECK (wrong >= 0),
    ledger_seq integer NOT NULL DEFAULT 1,
    standing_no integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    CONSTRAINT team_pkey PRIMARY KEY (contest_id, id),
    CONSTRAINT team_join_code_unique UNIQUE (contest_id, join_code),
    CONSTRAINT team_full CHECK (members BETWEEN 0 AND max_members),
    CONSTRAINT insufficient_points CHECK (points >= -credit_limit - debt)
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX team_name_taken ON team (contest_id, name_key) WHERE state <> 'deleted';
CREATE UNIQUE INDEX team_name_lookalike ON team (contest_id, name_skeleton) WHERE state <> 'deleted';

COMMENT ON TABLE team IS 'Who plays a contest, and how it stands: points, time of the last gain, wrong answers.';
COMMENT ON COLUMN team.name_key IS 'The name after NFKC and case folding: what makes two names one.';
COMMENT ON COLUMN team.name_skeleton IS 'The name as it looks (UTS #39): what makes two names look alike.';
COMMENT ON COLUMN team.debt IS 'How far below its limit a correction has ever had to take the team.';
COMMENT ON COLUMN team.last_gain_ms IS 'Contest time of the latest answer that earned points.';
COMMENT ON COLUMN team.standing_no IS 'Counts the changes of this standing: a reader keeps the highest.';

CREATE TABLE member (
    contest_id uuid NOT NULL,
    team_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL CONSTRAINT member_name_length CHECK (char_length(name) BETWEEN 1 AND 100),
    captain boolean NOT NULL DEFAULT false,
    token_hash bytea CONSTRAINT member_token_unique UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT member_pkey PRIMARY KEY (contest_id, team_id, id),
    CONSTRAINT member_team FOREIGN KEY (contest_id, team_id) REFERENCES team
);
CREATE UNIQUE INDEX member_one_captain ON member (contest_id, team_id) WHERE captain;
COMMENT ON TABLE member IS 'A person of a team; one who joined on a device of their own has a token.';
