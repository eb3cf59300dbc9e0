ALTER TABLE contest
    ADD COLUMN board text NOT NULL DEFAULT 'live'
        CONSTRAINT contest_board_known CHECK (board IN ('live', 'frozen', 'thawed')),
    ADD COLUMN freeze_before_end_ms bigint
        CONSTRAINT contest_freeze_before_end_positive CHECK (freeze_before_end_ms > 0),
    ADD COLUMN frozen_at timestamptz,
    ADD COLUMN thawed_at timestamptz,
    ADD CONSTRAINT contest_frozen_has_time CHECK ((board = 'live') = (frozen_at IS NULL)),
    ADD CONSTRAINT contest_thawed_has_time CHECK ((board = 'thawed') = (thawed_at IS NOT NULL)),
    ADD CONSTRAINT contest_thawed_after_end CHECK (board <> 'thawed' OR ended_at IS NOT NULL);
COMMENT ON COLUMN contest.board IS 'Whether the public board follows the results, stands still, or follows them again.';
COMMENT ON COLUMN contest.freeze_before_end_ms IS 'How long before the planned end the board freezes by itself; null for never.';

CREATE TABLE frozen_standing (
    contest_id uuid NOT NULL,
    team_id uuid NOT NULL,
    points bigint NOT NULL,
    last_gain_ms bigint,
    wrong integer NOT NULL,
    standing_no integer NOT NULL,
    ledger_seq integer NOT NULL,
    CONSTRAINT frozen_standing_pkey PRIMARY KEY (contest_id, team_id),
    CONSTRAINT frozen_standing_team FOREIGN KEY (contest_id, team_id) REFERENCES team
);
COMMENT ON TABLE frozen_standing IS
    'How each team stood when the board froze, or when it registered after that: what the public sees until the thaw.';
COMMENT ON COLUMN frozen_standing.ledger_seq IS 'The points are the sum of the team''s entries up to this one.';

ALTER TABLE contest_event ADD COLUMN embargo bigint
    CONSTRAINT contest_event_embargo_before CHECK (embargo < seq);
COMMENT ON COLUMN contest_event.embargo IS
    'Told while the board was frozen, and not to everybody: the number at which the public stands meanwhile.';
CREATE UNIQUE INDEX board_moved_once ON contest_event (contest_id, kind)
    WHERE kind IN ('board_frozen', 'board_thawed');
COMMENT ON INDEX board_moved_once IS 'A board freezes once and thaws once; where, is found without a search.';

-- The mark is hashed with the event. Where there is none, the text is what it was before there were marks.
DROP FUNCTION event_text;
CREATE FUNCTION event_text(contest_id uuid, seq bigint, kind text, audience text, team_id uuid,
                           payload jsonb, at timestamptz, embargo bigint DEFAULT NULL) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN concat_ws(E'\x1f', contest_id::text, seq::text, kind, audience, coalesce(team_id::text, ''),
                     payload::text, (extract(epoch FROM at) * 1000000)::bigint::text, embargo::text);
COMMENT ON FUNCTION event_text IS 'All that an event says, as one line.';
