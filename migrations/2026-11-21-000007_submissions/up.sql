CREATE TABLE submission (
    contest_id uuid NOT NULL,
    id uuid NOT NULL,
    assignment_id uuid NOT NULL,
    team_id uuid NOT NULL,
    attempt_no smallint NOT NULL CONSTRAINT submission_attempt_positive CHECK (attempt_no > 0),
    answer jsonb NOT NULL,
    received_at timestamptz NOT NULL,
    state text NOT NULL CONSTRAINT submission_state_known CHECK
        (state IN ('received', 'pending', 'judged', 'void')),
    member_id uuid,
    CONSTRAINT submission_pkey PRIMARY KEY (contest_id, id),
    CONSTRAINT submission_assignment FOREIGN KEY (contest_id, assignment_id, team_id)
        REFERENCES assignment (contest_id, id, team_id),
    CONSTRAINT submission_attempt_once UNIQUE (contest_id, assignment_id, attempt_no)
);
COMMENT ON TABLE submission IS 'An answer that was sent; received_at is when it reached us, before any wait.';

CREATE TABLE judgement (
    contest_id uuid NOT NULL,
    id uuid NOT NULL,
    submission_id uuid NOT NULL,
    team_id uuid NOT NULL,
    question_id uuid NOT NULL,
    correct boolean NOT NULL,
    points bigint NOT NULL,
    contest_time_ms bigint NOT NULL,
    current boolean NOT NULL DEFAULT true,
    at timestamptz NOT NULL,
    CONSTRAINT judgement_pkey PRIMARY KEY (contest_id, id),
    CONSTRAINT judgement_submission FOREIGN KEY (contest_id, submission_id) REFERENCES submission,
    CONSTRAINT judgement_points_follow_verdict CHECK (correct OR points = 0)
);
CREATE UNIQUE INDEX judgement_one_current ON judgement (contest_id, submission_id) WHERE current;
CREATE UNIQUE INDEX already_answered ON judgement (contest_id, team_id, question_id) WHERE current AND correct;
COMMENT ON TABLE judgement IS 'A verdict on a submission; exactly one is current.';
COMMENT ON COLUMN judgement.contest_time_ms IS 'Contest time at which the answer was received: it breaks ties on the board.';

CREATE TABLE first_correct (
    contest_id uuid NOT NULL,
    question_id uuid NOT NULL,
    submission_id uuid NOT NULL,
    team_id uuid NOT NULL,
    received_at timestamptz NOT NULL,
    ledger_seq integer NOT NULL,
    current boolean NOT NULL DEFAULT true,
    CONSTRAINT first_correct_pkey PRIMARY KEY (contest_id, question_id, submission_id),
    CONSTRAINT first_correct_submission FOREIGN KEY (contest_id, submission_id) REFERENCES submission,
    CONSTRAINT first_correct_ledger FOREIGN KEY (contest_id, team_id, ledger_seq) REFERENCES ledger_entry
);
CREATE UNIQUE INDEX first_correct_one_current ON first_correct (contest_id, question_id) WHERE current;
COMMENT ON TABLE first_correct IS 'Who answered a shared question first, and who was thought to before an earlier answer came to light.';
