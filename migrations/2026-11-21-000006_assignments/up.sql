CREATE TABLE assignment (
    contest_id uuid NOT NULL,
    id uuid NOT NULL,
    team_id uuid NOT NULL,
    question_id uuid NOT NULL,
    version integer NOT NULL,
    exclusive boolean NOT NULL,
    pool text NOT NULL,
    points bigint NOT NULL CONSTRAINT assignment_points_positive CHECK (points >= 0),
    state text NOT NULL DEFAULT 'assigned' CONSTRAINT assignment_state_known CHECK (state IN
        ('assigned', 'revealed', 'solved', 'exhausted', 'expired', 'voided', 'released')),
    attempts smallint NOT NULL DEFAULT 0,
    max_attempts smallint NOT NULL,
    time_limit_ms bigint,
    assigned_at timestamptz NOT NULL,
    revealed_at timestamptz,
    expires_at timestamptz,
    resolved_at timestamptz,
    CONSTRAINT assignment_pkey PRIMARY KEY (contest_id, id),
    CONSTRAINT assignment_team FOREIGN KEY (contest_id, team_id) REFERENCES team,
    CONSTRAINT assignment_question FOREIGN KEY (contest_id, question_id, exclusive, pool)
        REFERENCES contest_question (contest_id, question_id, exclusive, pool),
    CONSTRAINT assignment_version FOREIGN KEY (question_id, version) REFERENCES question_version,
    CONSTRAINT assignment_of_team UNIQUE (contest_id, id, team_id),
    CONSTRAINT attempts_exhausted CHECK (attempts BETWEEN 0 AND max_attempts),
    CONSTRAINT already_revealed CHECK (state <> 'released' OR revealed_at IS NULL),
    CONSTRAINT assignment_open_is_revealed CHECK
        (state NOT IN ('revealed', 'solved', 'exhausted') OR revealed_at IS NOT NULL),
    CONSTRAINT assignment_resolved_when_closed CHECK
        ((state IN ('assigned', 'revealed')) = (resolved_at IS NULL))
);
CREATE UNIQUE INDEX question_taken ON assignment (contest_id, question_id)
    WHERE exclusive AND (state = 'assigned' OR revealed_at IS NOT NULL);
CREATE UNIQUE INDEX already_assigned ON assignment (contest_id, team_id, question_id)
    WHERE state = 'assigned' OR revealed_at IS NOT NULL;
CREATE UNIQUE INDEX box_already_open ON assignment (contest_id, team_id)
    WHERE pool = 'mystery' AND state IN ('assigned', 'revealed');
CREATE INDEX assignment_open ON assignment (contest_id, expires_at) WHERE state IN ('assigned', 'revealed');
CREATE INDEX assignment_by_team ON assignment (contest_id, team_id, assigned_at);

COMMENT ON TABLE assignment IS 'This team holds this question.';
COMMENT ON INDEX question_taken IS 'A1: an exclusive question has one live assignment; once revealed, for ever.';
COMMENT ON INDEX already_assigned IS 'A2: a team gets a question at most once.';
COMMENT ON INDEX box_already_open IS 'B2: one open box for each team.';
COMMENT ON COLUMN assignment.expires_at IS 'End of the hold while unrevealed, of the time limit once revealed.';
