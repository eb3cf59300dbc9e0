CREATE TABLE contest (
    id uuid CONSTRAINT contest_pkey PRIMARY KEY,
    code text NOT NULL CONSTRAINT contest_code_unique UNIQUE
        CONSTRAINT contest_code_format CHECK (code ~ '^[A-HJ-NP-Z2-9]{6}$'),
    name text NOT NULL CONSTRAINT contest_name_length CHECK (char_length(name) BETWEEN 1 AND 200),
    description text NOT NULL DEFAULT '',
    state text NOT NULL DEFAULT 'draft'
        CONSTRAINT contest_state_known CHECK (state IN
            ('draft', 'published', 'running', 'paused', 'ended', 'finalized', 'archived', 'cancelled')),
    version integer NOT NULL DEFAULT 1,
    is_current boolean NOT NULL DEFAULT false,
    starts_at timestamptz,
    duration_ms bigint CONSTRAINT contest_duration_positive CHECK (duration_ms > 0),
    paused_at timestamptz,
    resumed_at timestamptz,
    paused_ms bigint NOT NULL DEFAULT 0 CONSTRAINT contest_paused_ms_positive CHECK (paused_ms >= 0),
    ended_at timestamptz,
    opening_points bigint NOT NULL DEFAULT 1000
        CONSTRAINT contest_opening_points_positive CHECK (opening_points >= 0),
    credit_limit bigint NOT NULL DEFAULT 0
        CONSTRAINT contest_credit_limit_positive CHECK (credit_limit >= 0),
    wrong_penalty bigint NOT NULL DEFAULT 0
        CONSTRAINT contest_wrong_penalty_positive CHECK (wrong_penalty >= 0),
    first_correct_bonus bigint NOT NULL DEFAULT 10
        CONSTRAINT contest_first_correct_bonus_positive CHECK (first_correct_bonus >= 0),
    max_members smallint NOT NULL DEFAULT 5
        CONSTRAINT contest_max_members_range CHECK (max_members BETWEEN 1 AND 50),
    max_open_assignments smallint NOT NULL DEFAULT 1
        CONSTRAINT contest_max_open_assignments_range CHECK (max_open_assignments BETWEEN 1 AND 1000),
    hold_ms bigint NOT NULL DEFAULT 120000 CONSTRAINT contest_hold_positive CHECK (hold_ms > 0),
    registration_open boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT contest_started_has_start CHECK
        (state IN ('draft', 'published', 'cancelled') OR starts_at IS NOT NULL),
    CONSTRAINT contest_paused_has_pause CHECK
        (state <> 'paused' OR (paused_at IS NOT NULL AND resumed_at IS NULL)),
    CONSTRAINT contest_ended_has_end CHECK
        ((state IN ('ended', 'finalized', 'archived')) = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX one_current_contest ON contest (is_current) WHERE is_current;
CREATE INDEX contest_due ON contest (starts_at) WHERE state IN ('published', 'running');

COMMENT ON TABLE contest IS 'One competition: its rules, its clock and its state.';
COMMENT ON COLUMN contest.starts_at IS 'The planned start while published, the real one from then on.';
COMMENT ON COLUMN contest.paused_at IS 'Begin of the latest pause; resumed_at is its end, null while it lasts.';
COMMENT ON COLUMN contest.paused_ms IS 'Length of all ended pauses together: contest time stood still for so long.';
COMMENT ON COLUMN contest.hold_ms IS 'How long an assigned but unrevealed question is kept for its team.';

CREATE TABLE contest_pause (
    contest_id uuid NOT NULL CONSTRAINT contest_pause_contest REFERENCES contest,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT contest_pause_pkey PRIMARY KEY (contest_id, started_at),
    CONSTRAINT contest_pause_order CHECK (ended_at >= started_at)
);
CREATE UNIQUE INDEX contest_pause_one_open ON contest_pause (contest_id) WHERE ended_at IS NULL;
COMMENT ON TABLE contest_pause IS 'Intervals removed from a contest''s clock.';
