-- What $teams teams did that have each been given, and have answered, $each questions: the
-- rows that the server would have written, so that its checker holds. The questions are
-- numbered from $base + 1; they exist, and are free until now.
BEGIN;
-- Foreign keys are not looked at row by row; the checker looks at them afterwards.
SET LOCAL session_replication_role = replica;
SELECT pg_advisory_xact_lock(hashtextextended('sequencer:$contest', 0));
-- Yesterday's answers must lie within the contest.
UPDATE contest SET starts_at = starts_at - interval '1 day' WHERE id = '$contest';

CREATE TEMP TABLE player ON COMMIT DROP AS
    SELECT ('018a0000-0000-7000-8000-' || lpad(to_hex(t), 12, '0'))::uuid AS team_id, 'Past team ' || t AS name, t,
        (SELECT starts_at FROM contest WHERE id = '$contest') AS starts_at
    FROM generate_series(1::bigint, $teams) t;
CREATE TEMP TABLE answer ON COMMIT DROP AS
    SELECT team_id, name, q, ms, starts_at + ms * interval '1 millisecond' AS at, 1000000 + 100 * q AS balance,
        ('01890001-0000-7000-8000-' || lpad(to_hex($base::bigint + n), 12, '0'))::uuid AS question_id,
        ('018a0001-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS assignment_id,
        ('018a0002-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS submission_id,
        ('018a0003-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS judgement_id
    FROM player, generate_series(1, $each) q,
        LATERAL (SELECT q * 10000::bigint + t AS ms, (q - 1) * $teams::bigint + t AS n) s;

DELETE FROM free_question f USING answer WHERE f.contest_id = '$contest' AND f.question_id = answer.question_id;
INSERT INTO team (contest_id, id, name, name_key, name_skeleton, email, join_code, members, max_members, points,
                  credit_limit, last_gain_ms, ledger_seq, standing_no, created_at)
    SELECT '$contest', team_id, name, lower(name), lower(name), 'past@example.org',
        translate(upper(lpad(to_hex(3221225471 - t), 8, '0')), '01', 'XY'), 1, 5, 1000000 + 100 * $each, 0,
        $each * 10000::bigint + t, 1 + $each, 1 + $each, starts_at FROM player;
INSERT INTO member (contest_id, team_id, id, name, captain)
    SELECT '$contest', team_id, team_id, name, true FROM player;
INSERT INTO ledger_entry (contest_id, team_id, seq, kind, ref, amount, balance_after, at)
    SELECT '$contest', team_id, 1, 'opening', team_id, 1000000, 1000000, starts_at FROM player;
INSERT INTO assignment (contest_id, id, team_id, question_id, version, exclusive, pool, points, state, attempts,
                        max_attempts, assigned_at, revealed_at, resolved_at)
    SELECT '$contest', assignment_id, team_id, question_id, 1, true, 'regular', 100, 'solved', 1, 1, at, at, at
    FROM answer ORDER BY q, team_id;
INSERT INTO submission (contest_id, id, assignment_id, team_id, attempt_no, answer, received_at, state)
    SELECT '$contest', submission_id, assignment_id, team_id, 1, '"A"', at, 'judged' FROM answer ORDER BY q, team_id;
INSERT INTO judgement (contest_id, id, submission_id, team_id, question_id, correct, points, contest_time_ms, at)
    SELECT '$contest', judgement_id, submission_id, team_id, question_id, true, 100, ms, at FROM answer ORDER BY q, team_id;
INSERT INTO ledger_entry (contest_id, team_id, seq, kind, ref, amount, balance_after, at)
    SELECT '$contest', team_id, 1 + q, 'award', judgement_id, 100, balance, at FROM answer ORDER BY q, team_id;

WITH head AS (SELECT seq, hash FROM contest_event WHERE contest_id = '$contest' ORDER BY seq DESC LIMIT 1),
told AS (
    SELECT 0 AS q, t AS place, 'team_registered' AS kind, 'public' AS audience, team_id, jsonb_build_object(
        'team_id', team_id, 'team', name, 'points', 1000000, 'last_gain_ms', NULL, 'wrong', 0, 'standing_no', 1,
        'reason', 'opening') AS payload, starts_at AS at
    FROM player
    UNION ALL SELECT q, ms * 3, 'question_assigned', 'team', team_id, jsonb_build_object('assignment_id', assignment_id,
        'question_id', question_id, 'state', 'revealed', 'pool', 'regular', 'difficulty', 'EASY',
        'category', 'Category 1', 'points', 100, 'expires_at', NULL), at
    FROM answer
    UNION ALL SELECT q, ms * 3 + 1, 'score_changed', 'public', team_id, jsonb_build_object('team_id', team_id,
        'team', name, 'points', balance, 'last_gain_ms', ms, 'wrong', 0, 'standing_no', 1 + q, 'reason', 'answer'), at
    FROM answer
    UNION ALL SELECT q, ms * 3 + 2, 'answer_judged', 'team', team_id, jsonb_build_object('assignment_id', assignment_id,
        'question_id', question_id, 'submission_id', submission_id, 'attempt_no', 1, 'correct', true,
        'points_earned', 100, 'total_points', balance, 'state', 'solved', 'attempts_left', 0), at
    FROM answer),
numbered AS (SELECT (SELECT seq FROM head) + row_number() OVER (ORDER BY q, place) AS seq, told.* FROM told)
INSERT INTO contest_event (contest_id, seq, kind, audience, team_id, payload, at, hash)
    SELECT '$contest', seq, kind, audience, team_id, payload, at,
        hash_chain((SELECT hash FROM head), event_text('$contest', seq, kind, audience, team_id, payload, at))
            OVER (ORDER BY seq)
    FROM numbered;
COMMIT;
