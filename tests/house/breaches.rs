//! Ways to break each invariant behind the back of commands and constraints.
//!
//! A check that cannot fail proves nothing: for every invariant of the checker there are plants
//! here, at least one for each of its statements, and a test sees the checker report each of
//! them. The texts name no ids, so they fit every contest in which all of this has happened;
//! `tests/fixtures/played.sql` is one. One text is one transaction, run by a superuser:
//! `SET LOCAL session_replication_role = replica` keeps triggers and foreign keys out of the
//! way, and what else would refuse is dropped.

macro_rules! plant {
    ($sql:literal) => {
        concat!("SET LOCAL session_replication_role = replica; ", $sql)
    };
}

/// An invariant, and SQL after which it is broken.
pub const BREACHES: &[(&str, &str)] = &[
    // Two teams hold one exclusive question.
    (
        "A1",
        plant!(
            "DROP INDEX question_taken;
            INSERT INTO assignment SELECT (jsonb_populate_record(a, jsonb_build_object(
                'id', gen_random_uuid(), 'team_id', t.id))).*
            FROM assignment a JOIN team t ON t.contest_id = a.contest_id AND t.id <> a.team_id
            WHERE a.exclusive AND a.pool = 'regular' AND a.revealed_at IS NOT NULL LIMIT 1"
        ),
    ),
    // The second one says that the question is shared.
    (
        "A1",
        plant!(
            "INSERT INTO assignment SELECT (jsonb_populate_record(a, jsonb_build_object(
                'id', gen_random_uuid(), 'team_id', t.id, 'exclusive', false))).*
            FROM assignment a JOIN team t ON t.contest_id = a.contest_id AND t.id <> a.team_id
            WHERE a.exclusive AND a.pool = 'regular' AND a.revealed_at IS NOT NULL LIMIT 1"
        ),
    ),
    (
        "A2",
        plant!(
            "DROP INDEX already_assigned;
            INSERT INTO assignment
            SELECT (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid()))).*
            FROM assignment a WHERE NOT a.exclusive AND a.revealed_at IS NOT NULL LIMIT 1"
        ),
    ),
    // Given back after it was seen.
    (
        "A3",
        plant!(
            "ALTER TABLE assignment DROP CONSTRAINT already_revealed;
            UPDATE assignment SET state = 'released' WHERE ctid = (SELECT ctid FROM assignment
                WHERE state = 'solved' AND exclusive LIMIT 1)"
        ),
    ),
    // Unseen again after it was seen.
    (
        "A3",
        plant!(
            "UPDATE assignment SET state = 'assigned', resolved_at = NULL WHERE ctid = (
                SELECT ctid FROM assignment WHERE state = 'solved' AND exclusive LIMIT 1)"
        ),
    ),
    // Seen, and to be drawn again.
    (
        "A3",
        plant!(
            "INSERT INTO free_question (contest_id, question_id, pool, difficulty, category)
            SELECT q.contest_id, q.question_id, q.pool, q.difficulty, q.category FROM assignment a
            JOIN contest_question q ON (q.contest_id, q.question_id) = (a.contest_id, a.question_id)
            WHERE a.exclusive AND a.state = 'solved' LIMIT 1"
        ),
    ),
    (
        "A4",
        plant!(
            "UPDATE assignment SET team_id = gen_random_uuid()
            WHERE ctid = (SELECT ctid FROM assignment LIMIT 1)"
        ),
    ),
    (
        "A4",
        plant!(
            "UPDATE assignment SET question_id = gen_random_uuid()
            WHERE ctid = (SELECT ctid FROM assignment LIMIT 1)"
        ),
    ),
    (
        "A4",
        plant!(
            "UPDATE assignment SET pool = 'mystery' WHERE ctid = (
                SELECT ctid FROM assignment WHERE pool = 'regular' AND state = 'solved' LIMIT 1)"
        ),
    ),
    (
        "A4",
        plant!(
            "UPDATE submission SET assignment_id = gen_random_uuid()
            WHERE ctid = (SELECT ctid FROM submission LIMIT 1)"
        ),
    ),
    (
        "A4",
        plant!(
            "UPDATE judgement SET team_id = t.id FROM team t WHERE t.id <> judgement.team_id
                AND judgement.ctid = (SELECT ctid FROM judgement WHERE NOT correct LIMIT 1)"
        ),
    ),
    (
        "A4",
        plant!(
            "UPDATE judgement SET question_id = gen_random_uuid()
            WHERE ctid = (SELECT ctid FROM judgement LIMIT 1)"
        ),
    ),
    (
        "A5",
        plant!(
            "ALTER TABLE assignment DROP CONSTRAINT attempts_exhausted;
            UPDATE assignment SET attempts = max_attempts + 1
            WHERE ctid = (SELECT ctid FROM assignment LIMIT 1)"
        ),
    ),
    // A free question is lost.
    ("A6", plant!("DELETE FROM free_question WHERE ctid = (SELECT ctid FROM free_question LIMIT 1)")),
    // A question that is held unseen can be drawn by another team.
    (
        "A6",
        plant!(
            "INSERT INTO free_question (contest_id, question_id, pool, difficulty, category)
            SELECT q.contest_id, q.question_id, q.pool, q.difficulty, q.category FROM assignment a
            JOIN contest_question q ON (q.contest_id, q.question_id) = (a.contest_id, a.question_id)
            WHERE a.exclusive AND a.state = 'assigned' LIMIT 1"
        ),
    ),
    // A question that is not open can be drawn.
    (
        "A6",
        plant!(
            "INSERT INTO free_question (contest_id, question_id, pool, difficulty, category)
            SELECT contest_id, question_id, pool, difficulty, category FROM contest_question
            WHERE state <> 'open' LIMIT 1"
        ),
    ),
    // A shared question is in the free list.
    (
        "A6",
        plant!(
            "INSERT INTO free_question (contest_id, question_id, pool, difficulty, category)
            SELECT contest_id, question_id, pool, difficulty, category FROM contest_question
            WHERE NOT exclusive LIMIT 1"
        ),
    ),
    // A mystery question can be drawn without a box.
    (
        "A6",
        plant!(
            "UPDATE free_question SET pool = 'regular' WHERE ctid = (
                SELECT ctid FROM free_question WHERE pool = 'mystery' LIMIT 1)"
        ),
    ),
    // A placement that is nowhere.
    ("A6", plant!("UPDATE free_question SET question_id = gen_random_uuid() WHERE ctid = (SELECT ctid FROM free_question LIMIT 1)")),
    // Points out of nowhere.
    ("L1", plant!("UPDATE team SET points = points + 1 WHERE ctid = (SELECT ctid FROM team LIMIT 1)")),
    ("L1", plant!("UPDATE team SET ledger_seq = ledger_seq + 1 WHERE ctid = (SELECT ctid FROM team LIMIT 1)")),
    // An entry is changed.
    (
        "L1",
        plant!(
            "UPDATE ledger_entry SET amount = amount + 1
            WHERE ctid = (SELECT ctid FROM ledger_entry WHERE seq > 1 LIMIT 1)"
        ),
    ),
    // A balance is changed and nothing else.
    (
        "L1",
        plant!(
            "UPDATE ledger_entry SET balance_after = balance_after + 1
            WHERE ctid = (SELECT ctid FROM ledger_entry ORDER BY seq DESC LIMIT 1)"
        ),
    ),
    // A hole.
    (
        "L1",
        plant!("DELETE FROM ledger_entry WHERE ctid = (SELECT ctid FROM ledger_entry WHERE seq = 2 LIMIT 1)"),
    ),
    // A hole that is closed by adding up: only the numbers tell.
    (
        "L1",
        plant!(
            "ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_pkey CASCADE;
            WITH last AS (SELECT t.contest_id, t.id, t.ledger_seq FROM team t WHERE t.ledger_seq > 1 LIMIT 1),
            moved AS (UPDATE team SET ledger_seq = team.ledger_seq + 1 FROM last
                WHERE (team.contest_id, team.id) = (last.contest_id, last.id))
            UPDATE ledger_entry l SET seq = l.seq + 1 FROM last
            WHERE (l.contest_id, l.team_id, l.seq) = (last.contest_id, last.id, last.ledger_seq)"
        ),
    ),
    // No opening.
    (
        "L1",
        plant!(
            "UPDATE ledger_entry SET kind = 'award'
            WHERE ctid = (SELECT ctid FROM ledger_entry WHERE kind = 'opening' LIMIT 1)"
        ),
    ),
    // A team is gone, its ledger is not.
    ("L1", plant!("DELETE FROM team WHERE ctid = (SELECT ctid FROM team LIMIT 1)")),
    (
        "L2",
        plant!(
            "ALTER TABLE team DROP CONSTRAINT insufficient_points;
            UPDATE team SET points = -credit_limit - 1 WHERE ctid = (SELECT ctid FROM team LIMIT 1)"
        ),
    ),
    // Below the limit for a while.
    (
        "L2",
        plant!(
            "UPDATE ledger_entry l SET balance_after = -t.credit_limit - 1 FROM team t
            WHERE (t.contest_id, t.id) = (l.contest_id, l.team_id)
                AND l.ctid = (SELECT ctid FROM ledger_entry WHERE seq = 2 LIMIT 1)"
        ),
    ),
    // One right answer is paid twice.
    (
        "L3",
        plant!(
            "ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_once;
            INSERT INTO ledger_entry
            SELECT (jsonb_populate_record(l, jsonb_build_object('seq', l.seq + 1000))).*
            FROM ledger_entry l WHERE l.kind = 'award' LIMIT 1"
        ),
    ),
    (
        "L3",
        plant!(
            "UPDATE ledger_entry SET ref = gen_random_uuid()
            WHERE ctid = (SELECT ctid FROM ledger_entry WHERE kind = 'opening' LIMIT 1)"
        ),
    ),
    // One entry is taken back twice.
    (
        "L3",
        plant!(
            "ALTER TABLE ledger_entry DROP CONSTRAINT already_reversed;
            INSERT INTO ledger_entry SELECT (jsonb_populate_record(l, jsonb_build_object(
                'seq', l.seq + 1000, 'ref', gen_random_uuid()))).*
            FROM ledger_entry l WHERE l.kind = 'reversal' LIMIT 1"
        ),
    ),
    ("L4", "ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_append_only"),
    ("L4", "ALTER TABLE ledger_entry ENABLE REPLICA TRIGGER ledger_entry_append_only"),
    ("L4", "DROP TRIGGER contest_event_append_only ON contest_event"),
    // TRUNCATE is possible.
    (
        "L4",
        "DROP TRIGGER contest_event_append_only ON contest_event;
        CREATE TRIGGER contest_event_append_only BEFORE UPDATE OR DELETE ON contest_event
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    ),
    // An exception for those who know it.
    (
        "L4",
        "DROP TRIGGER contest_event_append_only ON contest_event;
        CREATE TRIGGER contest_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON contest_event
            FOR EACH STATEMENT WHEN (current_user <> 'postgres') EXECUTE FUNCTION refuse_change()",
    ),
    // The trigger lets everything pass.
    (
        "L4",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql
            AS $$ BEGIN RETURN NULL; END $$",
    ),
    // A reversal that takes back more than there was.
    (
        "L4",
        plant!(
            "UPDATE ledger_entry SET amount = amount * 2
            WHERE ctid = (SELECT ctid FROM ledger_entry WHERE kind = 'reversal' LIMIT 1)"
        ),
    ),
    // A reversal of nothing.
    (
        "L4",
        plant!(
            "UPDATE ledger_entry SET reverses = 1000
            WHERE ctid = (SELECT ctid FROM ledger_entry WHERE kind = 'reversal' LIMIT 1)"
        ),
    ),
    // A reversal under another name.
    (
        "L4",
        plant!(
            "ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_reversal_names_entry;
            UPDATE ledger_entry SET kind = 'adjustment'
            WHERE ctid = (SELECT ctid FROM ledger_entry WHERE kind = 'reversal' LIMIT 1)"
        ),
    ),
    (
        "L5",
        plant!(
            "ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_who_and_why;
            UPDATE ledger_entry SET reason = NULL
            WHERE ctid = (SELECT ctid FROM ledger_entry WHERE kind IN ('adjustment', 'reversal') LIMIT 1)"
        ),
    ),
    (
        "L5",
        plant!(
            "ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_who_and_why;
            UPDATE ledger_entry SET actor = ''
            WHERE ctid = (SELECT ctid FROM ledger_entry WHERE kind IN ('adjustment', 'reversal') LIMIT 1)"
        ),
    ),
    // Paid, and nothing opened; its question is there all the same.
    ("B1", plant!("DELETE FROM box_opening WHERE ctid = (SELECT ctid FROM box_opening LIMIT 1)")),
    // Opened for nothing.
    (
        "B1",
        plant!(
            "DELETE FROM ledger_entry
            WHERE ctid = (SELECT ctid FROM ledger_entry WHERE kind = 'box_price' LIMIT 1)"
        ),
    ),
    // Opened for less.
    ("B1", plant!("UPDATE box_opening SET price = price + 1 WHERE ctid = (SELECT ctid FROM box_opening LIMIT 1)")),
    // Paid, opened, and no question.
    (
        "B1",
        plant!(
            "DELETE FROM assignment
            WHERE ctid = (SELECT ctid FROM assignment WHERE pool = 'mystery' LIMIT 1)"
        ),
    ),
    // The question of a box went to another team.
    (
        "B1",
        plant!(
            "UPDATE assignment SET team_id = t.id FROM team t WHERE t.id <> assignment.team_id
                AND assignment.ctid = (SELECT ctid FROM assignment
                    WHERE pool = 'mystery' AND state NOT IN ('assigned', 'revealed') LIMIT 1)"
        ),
    ),
    // Voided without a refund.
    (
        "B1",
        plant!(
            "DELETE FROM ledger_entry
            WHERE ctid = (SELECT ctid FROM ledger_entry WHERE kind = 'box_refund' LIMIT 1)"
        ),
    ),
    // Refunded without being voided.
    (
        "B1",
        plant!(
            "UPDATE assignment SET state = 'expired' WHERE ctid = (
                SELECT ctid FROM assignment WHERE pool = 'mystery' AND state = 'voided' LIMIT 1)"
        ),
    ),
    // Refunded in part.
    (
        "B1",
        plant!(
            "UPDATE ledger_entry SET amount = amount - 1
            WHERE ctid = (SELECT ctid FROM ledger_entry WHERE kind = 'box_refund' LIMIT 1)"
        ),
    ),
    // Two boxes open at once.
    (
        "B2",
        plant!(
            "DROP INDEX box_already_open; DROP INDEX already_assigned; DROP INDEX question_taken;
            INSERT INTO assignment SELECT (jsonb_populate_record(a, jsonb_build_object(
                'id', gen_random_uuid(), 'state', 'revealed', 'resolved_at', null))).*
            FROM assignment a, generate_series(1, 2)
            WHERE a.ctid = (SELECT ctid FROM assignment WHERE pool = 'mystery' LIMIT 1)"
        ),
    ),
    // A hole in the numbers of openings.
    (
        "B2",
        plant!(
            "UPDATE box_opening SET open_no = open_no + 1, max_opens = open_no + 1 WHERE ctid = (
                SELECT ctid FROM box_opening ORDER BY open_no DESC LIMIT 1)"
        ),
    ),
    // Opened more often than allowed.
    (
        "B2",
        plant!(
            "ALTER TABLE box_opening DROP CONSTRAINT box_limit_reached;
            UPDATE box_opening SET max_opens = 0 WHERE ctid = (SELECT ctid FROM box_opening LIMIT 1)"
        ),
    ),
    // One key, two replies.
    (
        "S1",
        "ALTER TABLE idempotency DROP CONSTRAINT idempotency_pkey;
        INSERT INTO idempotency (principal, key, request_hash, status, reply)
        SELECT 'team:a', 'twice', '', 200, '{}' FROM generate_series(1, 2)",
    ),
    // One submission, two replies.
    (
        "S1",
        "INSERT INTO idempotency (principal, key, request_hash, status, reply)
        SELECT 'team:a', n::text, '', 200, format('{\"submission_id\":\"%s\"}', id)
        FROM (SELECT id FROM submission LIMIT 1) s, generate_series(1, 2) n",
    ),
    // A reply, and no submission.
    (
        "S1",
        "INSERT INTO idempotency (principal, key, request_hash, status, reply)
        VALUES ('team:a', 'lost', '', 200, format('{\"submission_id\":\"%s\"}', gen_random_uuid()))",
    ),
    // An attempt is lost.
    ("S2", plant!("DELETE FROM submission WHERE ctid = (SELECT ctid FROM submission LIMIT 1)")),
    // A hole in the attempts.
    (
        "S2",
        plant!("UPDATE submission SET attempt_no = attempt_no + 1 WHERE ctid = (SELECT ctid FROM submission ORDER BY attempt_no DESC LIMIT 1)"),
    ),
    // Two attempts with one number, both counted.
    (
        "S2",
        plant!(
            "ALTER TABLE submission DROP CONSTRAINT submission_attempt_once;
            ALTER TABLE assignment DROP CONSTRAINT attempts_exhausted;
            WITH s AS (SELECT * FROM submission LIMIT 1),
            counted AS (UPDATE assignment SET attempts = attempts + 1 FROM s
                WHERE (assignment.contest_id, assignment.id) = (s.contest_id, s.assignment_id))
            INSERT INTO submission (contest_id, id, assignment_id, team_id, attempt_no, answer, received_at, state)
            SELECT contest_id, gen_random_uuid(), assignment_id, team_id, attempt_no, answer, received_at, 'void'
            FROM s"
        ),
    ),
    // A counter that counts nothing.
    (
        "S2",
        plant!(
            "UPDATE assignment SET attempts = 1 WHERE ctid = (
                SELECT ctid FROM assignment WHERE attempts = 0 LIMIT 1)"
        ),
    ),
    // Judged without a verdict.
    (
        "S3",
        plant!(
            "UPDATE judgement SET current = false
            WHERE ctid = (SELECT ctid FROM judgement WHERE current LIMIT 1)"
        ),
    ),
    // Two verdicts on one submission.
    (
        "S3",
        plant!(
            "DROP INDEX judgement_one_current;
            INSERT INTO judgement
            SELECT (jsonb_populate_record(j, jsonb_build_object('id', gen_random_uuid()))).*
            FROM judgement j WHERE current AND NOT correct LIMIT 1"
        ),
    ),
    // A verdict on a submission that is void.
    (
        "S3",
        plant!(
            "UPDATE submission SET state = 'void'
            WHERE ctid = (SELECT ctid FROM submission WHERE state = 'judged' LIMIT 1)"
        ),
    ),
    // Answered rightly, and not solved.
    (
        "S3",
        plant!(
            "UPDATE assignment SET state = 'expired'
            WHERE ctid = (SELECT ctid FROM assignment WHERE state = 'solved' LIMIT 1)"
        ),
    ),
    // Solved without a right answer.
    (
        "S3",
        plant!(
            "UPDATE assignment SET state = 'solved', resolved_at = now(), revealed_at = assigned_at
            WHERE ctid = (SELECT ctid FROM assignment
                WHERE state IN ('assigned', 'revealed', 'exhausted', 'expired') LIMIT 1)"
        ),
    ),
    // A right answer is not paid.
    (
        "S4",
        plant!(
            "DELETE FROM ledger_entry
            WHERE ctid = (SELECT ctid FROM ledger_entry WHERE kind = 'award' LIMIT 1)"
        ),
    ),
    // Something else is paid.
    (
        "S4",
        plant!(
            "UPDATE ledger_entry SET ref = gen_random_uuid()
            WHERE ctid = (SELECT ctid FROM ledger_entry WHERE kind = 'award' LIMIT 1)"
        ),
    ),
    // Paid with too much.
    (
        "S4",
        plant!(
            "UPDATE ledger_entry SET amount = amount + 1
            WHERE ctid = (SELECT ctid FROM ledger_entry WHERE kind = 'award' LIMIT 1)"
        ),
    ),
    // Paid, and taken back, though the verdict stands.
    (
        "S4",
        plant!(
            "INSERT INTO ledger_entry SELECT (jsonb_populate_record(l, jsonb_build_object('seq', l.seq + 1000,
                'kind', 'reversal', 'ref', gen_random_uuid(), 'reverses', l.seq, 'amount', -l.amount,
                'actor', 'a', 'reason', 'a'))).*
            FROM ledger_entry l WHERE l.kind = 'award' LIMIT 1"
        ),
    ),
    // Answered rightly, and paid, twice.
    (
        "S4",
        plant!(
            "DROP INDEX already_answered;
            WITH j AS (INSERT INTO judgement SELECT (jsonb_populate_record(j, jsonb_build_object(
                    'id', gen_random_uuid(), 'submission_id', gen_random_uuid()))).*
                FROM judgement j WHERE current AND correct LIMIT 1 RETURNING *)
            INSERT INTO ledger_entry (contest_id, team_id, seq, kind, ref, amount, balance_after, at)
            SELECT contest_id, team_id, 1000, 'award', id, points, 0, at FROM j"
        ),
    ),
    // Worth more than promised, in verdict and entry.
    (
        "S4",
        plant!(
            "WITH j AS (UPDATE judgement SET points = points + 1
                WHERE ctid = (SELECT ctid FROM judgement WHERE current AND correct LIMIT 1) RETURNING *)
            UPDATE ledger_entry l SET amount = amount + 1 FROM j WHERE l.kind = 'award' AND l.ref = j.id"
        ),
    ),
    // A penalty for nothing.
    (
        "S4",
        plant!(
            "UPDATE ledger_entry SET ref = gen_random_uuid()
            WHERE ctid = (SELECT ctid FROM ledger_entry WHERE kind = 'penalty' LIMIT 1)"
        ),
    ),
    // A penalty beyond measure.
    (
        "S4",
        plant!(
            "UPDATE ledger_entry l SET amount = -c.wrong_penalty - 1 FROM contest c
            WHERE c.id = l.contest_id AND l.ctid = (SELECT l.ctid FROM ledger_entry l
                JOIN judgement j ON j.contest_id = l.contest_id AND j.id = l.ref AND j.current
                WHERE l.kind = 'penalty' LIMIT 1)"
        ),
    ),
    // Nobody was first.
    ("S5", plant!("UPDATE first_correct SET current = false WHERE current")),
    // Somebody was earlier.
    (
        "S5",
        plant!(
            "UPDATE submission s SET received_at = f.received_at - interval '1 millisecond'
            FROM first_correct f, judgement j
            WHERE f.current AND (j.contest_id, j.question_id) = (f.contest_id, f.question_id)
                AND j.current AND j.correct AND (s.contest_id, s.id) = (j.contest_id, j.submission_id)
                AND s.id <> f.submission_id"
        ),
    ),
    // Two were first.
    (
        "S5",
        plant!(
            "DROP INDEX first_correct_one_current;
            INSERT INTO first_correct SELECT (jsonb_populate_record(f, jsonb_build_object(
                'submission_id', gen_random_uuid()))).*
            FROM first_correct f WHERE current LIMIT 1"
        ),
    ),
    // First at a question that only one team has.
    (
        "S5",
        plant!(
            "INSERT INTO first_correct (contest_id, question_id, submission_id, team_id, received_at, ledger_seq)
            SELECT j.contest_id, j.question_id, s.id, s.team_id, s.received_at, 1 FROM judgement j
            JOIN submission s ON (s.contest_id, s.id) = (j.contest_id, j.submission_id)
            JOIN contest_question q ON (q.contest_id, q.question_id) = (j.contest_id, j.question_id)
            WHERE j.current AND j.correct AND q.exclusive LIMIT 1"
        ),
    ),
    // First without the bonus.
    (
        "S5",
        plant!(
            "UPDATE ledger_entry l SET kind = 'adjustment', actor = 'a', reason = 'a' FROM first_correct f
            WHERE f.current AND (l.contest_id, l.team_id, l.seq) = (f.contest_id, f.team_id, f.ledger_seq)"
        ),
    ),
    // The bonus without being first.
    (
        "S5",
        plant!(
            "INSERT INTO ledger_entry SELECT (jsonb_populate_record(l, jsonb_build_object('seq', l.seq + 1000,
                'kind', 'first_correct', 'ref', gen_random_uuid()))).*
            FROM ledger_entry l WHERE l.kind = 'opening' LIMIT 1"
        ),
    ),
    // Another bonus than the contest gives.
    (
        "S5",
        plant!(
            "UPDATE ledger_entry l SET amount = amount + 1 FROM first_correct f
            WHERE f.current AND (l.contest_id, l.team_id, l.seq) = (f.contest_id, f.team_id, f.ledger_seq)"
        ),
    ),
    // Answered before the start.
    (
        "S6",
        plant!(
            "UPDATE submission s SET received_at = c.starts_at - interval '1 millisecond' FROM contest c
            WHERE c.id = s.contest_id AND s.ctid = (SELECT ctid FROM submission LIMIT 1)"
        ),
    ),
    // Answered at the planned end, in a contest that goes on.
    (
        "S6",
        plant!(
            "UPDATE contest SET state = 'running', ended_at = NULL, duration_ms = coalesce(duration_ms, 1),
                board = 'frozen', thawed_at = NULL;
            UPDATE submission s SET received_at = c.starts_at
                + (c.duration_ms + c.paused_ms + t.extra_time_ms) * interval '1 millisecond'
            FROM contest c, team t
            WHERE c.id = s.contest_id AND (t.contest_id, t.id) = (s.contest_id, s.team_id)
                AND s.ctid = (SELECT ctid FROM submission LIMIT 1)"
        ),
    ),
    // Answered after an end by hand.
    (
        "S6",
        plant!("UPDATE contest SET state = 'ended', ended_at = starts_at, duration_ms = NULL"),
    ),
    // Answered inside a pause, and inside one that goes on.
    (
        "S6",
        plant!(
            "INSERT INTO contest_pause (contest_id, started_at, ended_at)
            SELECT contest_id, received_at, received_at + interval '1 microsecond' FROM submission LIMIT 1"
        ),
    ),
    (
        "S6",
        plant!(
            "INSERT INTO contest_pause (contest_id, started_at)
            SELECT contest_id, received_at - interval '1 microsecond' FROM submission LIMIT 1"
        ),
    ),
    ("S6", plant!("UPDATE contest SET paused_ms = paused_ms + 1")),
    (
        "T1",
        plant!(
            "DROP INDEX team_name_taken;
            UPDATE team SET name_key = (SELECT min(name_key) FROM team WHERE state <> 'deleted')"
        ),
    ),
    (
        "T1",
        plant!(
            "DROP INDEX team_name_lookalike;
            UPDATE team SET name_skeleton = (SELECT min(name_skeleton) FROM team WHERE state <> 'deleted')"
        ),
    ),
    // A member is lost.
    ("T1", plant!("DELETE FROM member WHERE ctid = (SELECT ctid FROM member LIMIT 1)")),
    // Nobody leads, or two do.
    ("T1", plant!("UPDATE member SET captain = false WHERE ctid = (SELECT ctid FROM member WHERE captain LIMIT 1)")),
    (
        "T1",
        plant!(
            "DROP INDEX member_one_captain; ALTER TABLE team DROP CONSTRAINT team_full;
            INSERT INTO member (contest_id, team_id, id, name, captain)
            SELECT contest_id, team_id, gen_random_uuid(), name, true FROM member WHERE captain;
            UPDATE team SET members = members + 1 WHERE state <> 'deleted'"
        ),
    ),
    // Over-full.
    (
        "T1",
        plant!("ALTER TABLE team DROP CONSTRAINT team_full; UPDATE team SET max_members = members - 1"),
    ),
    // A deleted team still has its people.
    ("T1", plant!("UPDATE team SET state = 'deleted' WHERE ctid = (SELECT ctid FROM team WHERE members > 0 LIMIT 1)")),
    // What was told is changed, at whatever place of the log.
    ("E1", plant!("UPDATE contest_event SET payload = payload || '{\"changed\": true}' WHERE seq = 1")),
    ("E1", plant!("UPDATE contest_event SET audience = 'staff' WHERE seq = 2")),
    (
        "E1",
        plant!(
            "UPDATE contest_event SET at = at + interval '1 microsecond'
            WHERE seq = (SELECT max(seq) FROM contest_event)"
        ),
    ),
    // The change is signed again, as if nothing had come after it.
    (
        "E1",
        plant!(
            "UPDATE contest_event e SET kind = 'changed', hash = link_hash(
                (SELECT hash FROM contest_event p WHERE p.contest_id = e.contest_id AND p.seq = e.seq - 1),
                event_text(contest_id, seq, 'changed', audience, team_id, payload, at, embargo)) WHERE seq = 2"
        ),
    ),
    // A hole, and a lost beginning.
    ("E1", plant!("DELETE FROM contest_event WHERE seq = 2")),
    ("E1", plant!("DELETE FROM contest_event WHERE seq = 1")),
    ("P1", plant!("UPDATE team SET wrong = wrong + 1 WHERE ctid = (SELECT ctid FROM team LIMIT 1)")),
    (
        "P1",
        plant!(
            "UPDATE team SET last_gain_ms = last_gain_ms + 1
            WHERE ctid = (SELECT ctid FROM team WHERE last_gain_ms IS NOT NULL LIMIT 1)"
        ),
    ),
    // A gain without an answer.
    (
        "P1",
        plant!(
            "UPDATE team SET last_gain_ms = 0
            WHERE ctid = (SELECT ctid FROM team WHERE last_gain_ms IS NULL LIMIT 1)"
        ),
    ),
    // A standing that was not told.
    (
        "P1",
        plant!(
            "UPDATE team SET standing_no = standing_no + 1
            WHERE ctid = (SELECT ctid FROM team WHERE state = 'active' LIMIT 1)"
        ),
    ),
    (
        "P1",
        plant!(
            "UPDATE team SET name = name || '!' WHERE ctid = (SELECT ctid FROM team WHERE state = 'active' LIMIT 1)"
        ),
    ),
    // A standing that was told wrong.
    (
        "P1",
        plant!(
            "UPDATE contest_event SET payload = jsonb_set(payload, '{points}', '-1') WHERE payload ? 'standing_no'"
        ),
    ),
    // Nothing was told.
    ("P1", plant!("DELETE FROM contest_event WHERE payload ? 'standing_no'")),
    // In a division that nobody was told of.
    ("P1", plant!("UPDATE team SET division = 'Seniors' WHERE ctid = (SELECT ctid FROM team WHERE state = 'active' LIMIT 1)")),
    // Off the frozen board, or on one that was never frozen.
    ("P1", plant!("DELETE FROM frozen_standing WHERE ctid = (SELECT ctid FROM frozen_standing LIMIT 1)")),
    (
        "P1",
        plant!(
            "UPDATE contest SET board = 'live', frozen_at = NULL, thawed_at = NULL;
            DELETE FROM contest_event WHERE kind IN ('board_frozen', 'board_thawed')"
        ),
    ),
    // Frozen with points that no ledger says, or that none said by then.
    ("P1", plant!("UPDATE frozen_standing SET points = points + 1")),
    (
        "P1",
        plant!(
            "UPDATE frozen_standing f SET ledger_seq = f.ledger_seq - 1,
                points = f.points - l.amount FROM ledger_entry l
            WHERE (l.contest_id, l.team_id, l.seq) = (f.contest_id, f.team_id, f.ledger_seq)"
        ),
    ),
    ("P1", plant!("UPDATE frozen_standing SET ledger_seq = ledger_seq + 1000")),
    // Frozen otherwise than everybody was told.
    ("P1", plant!("UPDATE frozen_standing SET wrong = wrong + 1")),
    ("P1", plant!("UPDATE frozen_standing SET last_gain_ms = last_gain_ms + 1")),
    // A result of the freeze that is not withheld, a team's own, one of staff.
    ("P2", plant!("UPDATE contest_event SET embargo = NULL WHERE embargo IS NOT NULL AND kind = 'score_changed'")),
    ("P2", plant!("UPDATE contest_event SET embargo = NULL WHERE embargo IS NOT NULL AND audience = 'team'")),
    ("P2", plant!("UPDATE contest_event SET embargo = NULL WHERE embargo IS NOT NULL AND audience = 'staff'")),
    // One that would tell by its mark how many there were.
    (
        "P2",
        plant!(
            "UPDATE contest_event SET embargo = seq - 1 WHERE ctid = (SELECT ctid FROM contest_event
                WHERE embargo IS NOT NULL AND embargo <> seq - 1 ORDER BY seq LIMIT 1)"
        ),
    ),
    // Withheld before the freeze, and after the thaw.
    ("P2", plant!("UPDATE contest_event SET embargo = 1 WHERE seq = 2")),
    (
        "P2",
        plant!(
            "UPDATE contest_event SET embargo = seq - 1 WHERE kind = 'board_thawed'"
        ),
    ),
    // A board that is not what the log says of it.
    ("P2", plant!("UPDATE contest SET board = 'frozen', thawed_at = NULL")),
    ("P2", plant!("DELETE FROM contest_event WHERE kind = 'board_frozen'")),
];
