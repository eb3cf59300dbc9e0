\set n :n + 1
\set k :base + :n * 64 + :client_id
\set t :client_id * :each + :n
\set r random(0, 900000)
BEGIN;
SELECT state, starts_at, duration_ms, paused_at, resumed_at, paused_ms, ended_at FROM contest WHERE id = '$contest';
SELECT name, state, hidden, extra_time_ms, points, credit_limit, last_gain_ms, wrong, ledger_seq, standing_no FROM team WHERE contest_id = '$contest' AND id = $team FOR NO KEY UPDATE;
SELECT difficulty, price, reward, max_opens, enabled FROM mystery_box WHERE contest_id = '$contest' AND id = '$box';
SELECT count(*) + 1 AS number FROM box_opening WHERE contest_id = '$contest' AND team_id = $team AND box_id = '$box' \gset
UPDATE team SET points = points - 10, ledger_seq = ledger_seq + 1, standing_no = standing_no + 1 WHERE contest_id = '$contest' AND id = $team RETURNING points, ledger_seq \gset
INSERT INTO ledger_entry (contest_id, team_id, seq, kind, ref, amount, balance_after, at) VALUES ('$contest', $team, :ledger_seq::integer, 'box_price', $opening, -10, :points::bigint, now());
DELETE FROM free_question f USING (SELECT question_id FROM free_question WHERE contest_id = '$contest' AND pool = 'mystery' AND difficulty = 'HARD' AND position >= :r::double precision / 1000000 ORDER BY position LIMIT 1 FOR UPDATE SKIP LOCKED) p WHERE f.contest_id = '$contest' AND f.question_id = p.question_id RETURNING $question \gset
INSERT INTO assignment (contest_id, id, team_id, question_id, version, exclusive, pool, points, state, max_attempts, time_limit_ms, assigned_at, revealed_at) SELECT contest_id, $drawn, $team, question_id, version, exclusive, pool, 200, 'revealed', max_attempts, time_limit_ms, now(), now() FROM contest_question WHERE contest_id = '$contest' AND question_id = :question::uuid AND state = 'open';
INSERT INTO box_opening (contest_id, id, box_id, team_id, open_no, max_opens, price, ledger_seq, assignment_id, opened_at) VALUES ('$contest', $opening, '$box', $team, :number::smallint, 1000, 10, :ledger_seq::integer, $drawn, now());
COMMIT;
