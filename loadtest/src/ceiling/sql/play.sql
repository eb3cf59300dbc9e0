\set n :n + 1
\set k :base + :n * 64 + :client_id
\set t :client_id * :each + :n % :each
\set r random(0, 900000)
BEGIN;
SELECT state, starts_at, duration_ms, paused_at, resumed_at, paused_ms, ended_at, wrong_penalty, max_open_assignments, hold_ms FROM contest WHERE id = '$contest';
SELECT name, state, hidden, extra_time_ms, points, credit_limit, last_gain_ms, wrong, ledger_seq, standing_no FROM team WHERE contest_id = '$contest' AND id = $team FOR NO KEY UPDATE;
DELETE FROM free_question f USING (SELECT question_id FROM free_question WHERE contest_id = '$contest' AND pool = 'regular' AND position >= :r::double precision / 1000000 ORDER BY position LIMIT 1 FOR UPDATE SKIP LOCKED) p WHERE f.contest_id = '$contest' AND f.question_id = p.question_id RETURNING $question \gset
INSERT INTO assignment (contest_id, id, team_id, question_id, version, exclusive, pool, points, state, max_attempts, time_limit_ms, assigned_at, revealed_at) SELECT contest_id, $assignment, $team, question_id, version, exclusive, pool, points, 'revealed', max_attempts, time_limit_ms, now(), now() FROM contest_question WHERE contest_id = '$contest' AND question_id = :question::uuid AND state = 'open';
COMMIT;
BEGIN;
SELECT name, state, hidden, extra_time_ms, points, credit_limit, last_gain_ms, wrong, ledger_seq, standing_no FROM team WHERE contest_id = '$contest' AND id = $team FOR NO KEY UPDATE;
SELECT question_id, version, exclusive, pool, points, state, attempts, max_attempts, time_limit_ms, expires_at FROM assignment WHERE contest_id = '$contest' AND id = $assignment FOR UPDATE;
SELECT key FROM answer_key WHERE question_id = :question::uuid AND version = 1;
UPDATE assignment SET attempts = attempts + 1, state = 'solved', resolved_at = now() WHERE contest_id = '$contest' AND id = $assignment;
INSERT INTO submission (contest_id, id, assignment_id, team_id, attempt_no, answer, received_at, state) VALUES ('$contest', $submission, $assignment, $team, 1, '"A"', now(), 'judged');
INSERT INTO judgement (contest_id, id, submission_id, team_id, question_id, correct, points, contest_time_ms, at) VALUES ('$contest', $judgement, $submission, $team, :question::uuid, true, 100, 1000, now());
UPDATE team SET points = points + 100, ledger_seq = ledger_seq + 1, standing_no = standing_no + 1, last_gain_ms = 1000 WHERE contest_id = '$contest' AND id = $team RETURNING points, ledger_seq \gset
INSERT INTO ledger_entry (contest_id, team_id, seq, kind, ref, amount, balance_after, at) VALUES ('$contest', $team, :ledger_seq::integer, 'award', $judgement, 100, :points::bigint, now());
COMMIT;
