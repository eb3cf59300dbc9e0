DROP FUNCTION event_text;
CREATE FUNCTION event_text(contest_id uuid, seq bigint, kind text, audience text, team_id uuid,
                           payload jsonb, at timestamptz) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN concat_ws(E'\x1f', contest_id::text, seq::text, kind, audience, coalesce(team_id::text, ''),
                     payload::text, (extract(epoch FROM at) * 1000000)::bigint::text);
COMMENT ON FUNCTION event_text IS 'All that an event says, as one line.';
DROP INDEX board_moved_once;
ALTER TABLE contest_event DROP COLUMN embargo;
DROP TABLE frozen_standing;
ALTER TABLE contest
    DROP COLUMN board,
    DROP COLUMN freeze_before_end_ms,
    DROP COLUMN frozen_at,
    DROP COLUMN thawed_at;
