-- The invariants of the game: every row that comes back is a breach.
-- $1 are the contests to look at; null looks at all. $3 is how many events of each hash chain are
-- followed, from where the checks in the background have come; null follows all. contest_id is null where a breach belongs
-- to the whole installation; those are reported whichever contest is asked for.
-- Of P2 (nothing embargoed is visible before the thaw) the marks are a matter of stored rows; that
-- they are heeded is kept by one audience filter, and tested on every surface that uses it.
WITH
live_assignment AS NOT MATERIALIZED (
    SELECT * FROM assignment
    WHERE (state = 'assigned' OR revealed_at IS NOT NULL) AND ($1::uuid[] IS NULL OR contest_id = ANY ($1))),
live_entry AS NOT MATERIALIZED (
    SELECT * FROM ledger_entry l
    WHERE ($1 IS NULL OR contest_id = ANY ($1)) AND NOT EXISTS (
        SELECT FROM ledger_entry r
        WHERE r.contest_id = l.contest_id AND r.team_id = l.team_id AND r.reverses = l.seq))

-- A1: nobody shares an exclusive question. What counts is the question's own mark, not the
-- copy in the assignment.
SELECT 'A1' AS invariant, a.contest_id, format('question %s', a.question_id) AS subject,
    format('exclusive, but has %s live assignments: %s', count(*), string_agg(a.id::text, ', ')) AS detail
FROM live_assignment a
JOIN contest_question q ON q.contest_id = a.contest_id AND q.question_id = a.question_id
WHERE q.exclusive OR a.exclusive
GROUP BY a.contest_id, a.question_id
HAVING count(*) > 1

-- A2: no team is given a question twice.
UNION ALL
SELECT 'A2', contest_id, format('team %s, question %s', team_id, question_id),
    format('has %s live assignments: %s', count(*), string_agg(id::text, ', '))
FROM live_assignment
GROUP BY contest_id, team_id, question_id
HAVING count(*) > 1

-- A3: no assignment went back behind its reveal.
UNION ALL
SELECT 'A3', contest_id, format('assignment %s', id), format('%s, though revealed at %s', state, revealed_at)
FROM assignment
WHERE ($1 IS NULL OR contest_id = ANY ($1)) AND revealed_at IS NOT NULL AND state IN ('assigned', 'released')

-- A3: nothing that a team has seen can be drawn again.
UNION ALL
SELECT 'A3', a.contest_id, format('question %s', a.question_id),
    format('in the free list, though revealed by assignment %s', a.id)
FROM live_assignment a
JOIN free_question f ON f.contest_id = a.contest_id AND f.question_id = a.question_id
WHERE a.revealed_at IS NOT NULL

-- A4: the team and the question of an assignment are of its contest, and the question is what
-- the assignment says it is.
UNION ALL
SELECT 'A4', a.contest_id, format('assignment %s', a.id),
    CASE WHEN t.id IS NULL THEN format('the contest has no team %s', a.team_id)
         WHEN q.question_id IS NULL THEN format('the contest has no question %s', a.question_id)
         ELSE 'exclusive or pool differ from the question''s' END
FROM assignment a
LEFT JOIN team t ON t.contest_id = a.contest_id AND t.id = a.team_id
LEFT JOIN contest_question q ON q.contest_id = a.contest_id AND q.question_id = a.question_id
WHERE ($1 IS NULL OR a.contest_id = ANY ($1))
  AND (t.id IS NULL OR q.question_id IS NULL OR (q.exclusive, q.pool) <> (a.exclusive, a.pool))

-- A4: an answer and its verdict are of the team and the question of their assignment.
UNION ALL
SELECT 'A4', s.contest_id, format('submission %s', s.id),
    CASE WHEN a.id IS NULL THEN format('team %s has no assignment %s', s.team_id, s.assignment_id)
         ELSE format('judgement %s names another team or question than assignment %s', j.id, a.id) END
FROM submission s
LEFT JOIN assignment a ON a.contest_id = s.contest_id AND a.id = s.assignment_id AND a.team_id = s.team_id
LEFT JOIN judgement j ON j.contest_id = s.contest_id AND j.submission_id = s.id
WHERE ($1 IS NULL OR s.contest_id = ANY ($1))
  AND (a.id IS NULL OR (j.team_id, j.question_id) <> (a.team_id, a.question_id))

-- A5: nobody had more attempts than the question allows.
UNION ALL
SELECT 'A5', contest_id, format('assignment %s', id), format('%s of %s attempts', attempts, max_attempts)
FROM assignment
WHERE ($1 IS NULL OR contest_id = ANY ($1)) AND attempts NOT BETWEEN 0 AND max_attempts

-- A6: the free list holds exactly the open exclusive questions that belong to nobody, under
-- their own pool, difficulty and category.
UNION ALL
SELECT 'A6', coalesce(q.contest_id, f.contest_id),
    format('question %s', coalesce(q.question_id, f.question_id)),
    CASE WHEN f.question_id IS NULL THEN 'free, but not in the free list'
         WHEN q.free THEN 'in the free list under another pool, difficulty or category'
         ELSE 'in the free list, but not free' END
FROM (SELECT c.*, c.exclusive AND c.state = 'open' AND held.question_id IS NULL AS free
      FROM contest_question c
      LEFT JOIN (SELECT DISTINCT contest_id, question_id FROM live_assignment) held
          ON held.contest_id = c.contest_id AND held.question_id = c.question_id
      WHERE $1 IS NULL OR c.contest_id = ANY ($1)) q
FULL JOIN (SELECT * FROM free_question WHERE $1 IS NULL OR contest_id = ANY ($1)) f
    ON f.contest_id = q.contest_id AND f.question_id = q.question_id
WHERE coalesce(q.free, false) <> (f.question_id IS NOT NULL)
   OR (f.pool, f.difficulty, f.category) <> (q.pool, q.difficulty, q.category)

-- L1: entries are numbered 1..n, the first is the opening and no other, and each balance
-- continues the one before.
UNION ALL
SELECT 'L1', contest_id, format('team %s, entry %s', team_id, seq),
    CASE WHEN seq <> previous + 1 THEN format('follows entry %s', previous)
         WHEN (kind = 'opening') <> (seq = 1) THEN format('is of kind %s', kind)
         ELSE format('%s and %s make %s, not %s', before, amount, before + amount, balance_after) END
FROM (SELECT contest_id, team_id, seq, kind, amount, balance_after, coalesce(lag(seq) OVER entries, 0) AS previous,
          coalesce(lag(balance_after) OVER entries, 0) AS before
      FROM ledger_entry
      WHERE $1 IS NULL OR contest_id = ANY ($1)
      WINDOW entries AS (PARTITION BY contest_id, team_id ORDER BY seq)) entry
WHERE seq <> previous + 1 OR (kind = 'opening') <> (seq = 1) OR balance_after <> before + amount

-- L1: a team has the sum of its entries, and knows how many they are.
UNION ALL
SELECT 'L1', t.contest_id, format('team %s', t.id),
    format('has %s points and %s entries; its ledger says %s and %s',
        t.points, t.ledger_seq, coalesce(l.points, 0), coalesce(l.entries, 0))
FROM team t
LEFT JOIN (SELECT contest_id, team_id, sum(amount) AS points, count(*) AS entries
           FROM ledger_entry WHERE $1 IS NULL OR contest_id = ANY ($1) GROUP BY contest_id, team_id) l
    ON l.contest_id = t.contest_id AND l.team_id = t.id
WHERE ($1 IS NULL OR t.contest_id = ANY ($1))
  AND (t.points, t.ledger_seq) <> (coalesce(l.points, 0), coalesce(l.entries, 0))

-- L1: no entry is without its team.
UNION ALL
SELECT 'L1', l.contest_id, format('team %s, entry %s', l.team_id, l.seq), 'the contest has no such team'
FROM ledger_entry l
WHERE ($1 IS NULL OR l.contest_id = ANY ($1))
  AND NOT EXISTS (SELECT FROM team t WHERE t.contest_id = l.contest_id AND t.id = l.team_id)

-- L2: no team is below its limit, or ever was: limits only grow.
UNION ALL
SELECT 'L2', contest_id, format('team %s', id), format('has %s, its limit is %s', points, -credit_limit - debt)
FROM team
WHERE ($1 IS NULL OR contest_id = ANY ($1)) AND points < -credit_limit - debt
UNION ALL
SELECT 'L2', l.contest_id, format('team %s, entry %s', l.team_id, l.seq),
    format('left %s, the limit is %s', l.balance_after, -t.credit_limit - t.debt)
FROM ledger_entry l
JOIN team t ON t.contest_id = l.contest_id AND t.id = l.team_id
WHERE ($1 IS NULL OR l.contest_id = ANY ($1)) AND l.balance_after < -t.credit_limit - t.debt

-- L3: no fact is entered twice.
UNION ALL
SELECT 'L3', contest_id, format('%s of %s', kind, ref), format('has %s entries', count(*))
FROM ledger_entry
WHERE $1 IS NULL OR contest_id = ANY ($1)
GROUP BY contest_id, kind, ref
HAVING count(*) > 1

-- L3: a team is opened by itself; no entry is taken back twice.
UNION ALL
SELECT 'L3', contest_id, format('team %s, entry %s', team_id, seq), format('opens %s', ref)
FROM ledger_entry
WHERE ($1 IS NULL OR contest_id = ANY ($1)) AND kind = 'opening' AND ref <> team_id
UNION ALL
SELECT 'L3', contest_id, format('team %s, entry %s', team_id, reverses),
    format('is reversed by entries %s', string_agg(seq::text, ', '))
FROM ledger_entry
WHERE ($1 IS NULL OR contest_id = ANY ($1)) AND reverses IS NOT NULL
GROUP BY contest_id, team_id, reverses
HAVING count(*) > 1

-- L4: the triggers that refuse UPDATE (16), DELETE (8) and TRUNCATE (32) before they happen (2)
-- are there, enabled, without exceptions, and do refuse.
UNION ALL
SELECT 'L4', NULL, format('table %s', name), 'is not kept append-only by an enabled trigger'
FROM (VALUES ('ledger_entry'), ('contest_event'), ('audit_log')) log (name)
WHERE NOT EXISTS (
    SELECT FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
    WHERE g.tgrelid = to_regclass(name) AND g.tgenabled IN ('O', 'A') AND g.tgtype & 58 = 58
      AND g.tgqual IS NULL AND g.tgattr::text = ''
      AND p.proname = 'refuse_change' AND p.prosrc LIKE '%RAISE EXCEPTION%append-only%')

-- L4: a correction is a reversal: it takes back one earlier entry of the same team, whole, and
-- is not taken back itself.
UNION ALL
SELECT 'L4', r.contest_id, format('team %s, entry %s', r.team_id, r.seq),
    CASE WHEN l.seq IS NULL THEN 'a reversal of nothing'
         ELSE format('of kind %s and %s takes back entry %s, of kind %s and %s',
             r.kind, r.amount, l.seq, l.kind, l.amount) END
FROM ledger_entry r
LEFT JOIN ledger_entry l ON l.contest_id = r.contest_id AND l.team_id = r.team_id AND l.seq = r.reverses
WHERE ($1 IS NULL OR r.contest_id = ANY ($1)) AND (r.kind = 'reversal' OR r.reverses IS NOT NULL)
  AND (r.kind <> 'reversal' OR l.seq IS NULL OR l.kind = 'reversal' OR l.seq >= r.seq OR r.amount <> -l.amount)

-- L5: whoever changes points by hand says who they are and why.
UNION ALL
SELECT 'L5', contest_id, format('team %s, entry %s', team_id, seq), format('%s without who or why', kind)
FROM ledger_entry
WHERE ($1 IS NULL OR contest_id = ANY ($1)) AND kind IN ('adjustment', 'reversal')
  AND (coalesce(actor, '') = '' OR coalesce(reason, '') = '')

-- B1: each opening was paid for, and each price paid opened a box.
UNION ALL
SELECT 'B1', coalesce(o.contest_id, l.contest_id), format('opening %s', coalesce(o.id, l.ref)),
    CASE WHEN o.id IS NULL THEN format('paid by team %s, but not there', l.team_id)
         WHEN l.seq IS NULL THEN format('not paid by team %s', o.team_id)
         ELSE format('of team %s for %s, paid by team %s with %s', o.team_id, o.price, l.team_id, -l.amount) END
FROM (SELECT * FROM box_opening WHERE $1 IS NULL OR contest_id = ANY ($1)) o
FULL JOIN (SELECT * FROM ledger_entry WHERE kind = 'box_price' AND ($1 IS NULL OR contest_id = ANY ($1))) l
    ON l.contest_id = o.contest_id AND l.ref = o.id
WHERE o.id IS NULL OR l.seq IS NULL OR (l.team_id, l.seq, l.amount) <> (o.team_id, o.ledger_seq, -o.price)

-- B1: each opening gave a mystery question to the team that paid, and no mystery question came
-- without an opening.
UNION ALL
SELECT 'B1', coalesce(o.contest_id, a.contest_id), format('opening %s, assignment %s', o.id, a.id),
    CASE WHEN a.id IS NULL THEN 'the opening gave no mystery question'
         WHEN o.id IS NULL THEN 'a mystery question without an opening'
         ELSE 'the question went to another team' END
FROM (SELECT * FROM box_opening WHERE $1 IS NULL OR contest_id = ANY ($1)) o
FULL JOIN (SELECT * FROM assignment WHERE pool = 'mystery' AND ($1 IS NULL OR contest_id = ANY ($1))) a
    ON a.contest_id = o.contest_id AND a.id = o.assignment_id
WHERE o.id IS NULL OR a.id IS NULL OR o.team_id <> a.team_id

-- B1: the price came back, whole, exactly when the question was voided.
UNION ALL
SELECT 'B1', coalesce(o.contest_id, l.contest_id), format('opening %s', coalesce(o.id, l.ref)),
    CASE WHEN o.id IS NULL THEN 'refunded, but not there'
         ELSE format('of team %s for %s, %s, refunded %s', o.team_id, o.price, o.state, coalesce(l.amount, 0)) END
FROM (SELECT o.contest_id, o.id, o.team_id, o.price, a.state
      FROM box_opening o
      JOIN assignment a ON a.contest_id = o.contest_id AND a.id = o.assignment_id
      WHERE $1 IS NULL OR o.contest_id = ANY ($1)) o
FULL JOIN (SELECT * FROM live_entry WHERE kind = 'box_refund') l
    ON l.contest_id = o.contest_id AND l.ref = o.id
WHERE o.id IS NULL OR (o.state = 'voided') <> (l.seq IS NOT NULL)
   OR (l.team_id, l.amount) <> (o.team_id, o.price)

-- B2: one open box for each team.
UNION ALL
SELECT 'B2', contest_id, format('team %s', team_id), format('has %s open boxes', count(*))
FROM assignment
WHERE ($1 IS NULL OR contest_id = ANY ($1)) AND pool = 'mystery' AND state IN ('assigned', 'revealed')
GROUP BY contest_id, team_id
HAVING count(*) > 1

-- B2: openings are numbered 1..n, and none is beyond the limit of its time.
UNION ALL
SELECT 'B2', contest_id, format('opening %s', id),
    format('number %s stands at place %s of team %s, at most %s', open_no, place, team_id, max_opens)
FROM (SELECT *, row_number() OVER (PARTITION BY contest_id, team_id, box_id ORDER BY open_no) AS place
      FROM box_opening
      WHERE $1 IS NULL OR contest_id = ANY ($1)) opening
WHERE open_no <> place OR open_no > max_opens

-- S1: no idempotency key is there twice.
UNION ALL
SELECT 'S1', NULL, format('key %s of %s', key, principal), format('has %s replies', count(*))
FROM idempotency
GROUP BY principal, key
HAVING count(*) > 1

-- S1: each kept verdict is that of one submission, and each submission answered one request.
UNION ALL
SELECT 'S1', s.contest_id, format('submission %s', kept.submission_id),
    CASE WHEN s.id IS NULL THEN 'acknowledged, but not there'
         ELSE format('the reply of %s keys', kept.keys) END
FROM (SELECT split_part(split_part(reply, '"submission_id":"', 2), '"', 1)::uuid AS submission_id, count(*) AS keys
      FROM idempotency WHERE status = 200 AND reply LIKE '%"submission_id":"%' GROUP BY 1) kept
LEFT JOIN submission s ON s.id = kept.submission_id
WHERE (s.id IS NULL OR kept.keys > 1) AND ($1 IS NULL OR s.id IS NULL OR s.contest_id = ANY ($1))

-- S2: attempts are numbered 1..n, and the assignment has counted them all.
UNION ALL
SELECT 'S2', a.contest_id, format('assignment %s', a.id),
    format('counts %s attempts; there are %s, numbered %s to %s',
        a.attempts, coalesce(s.sent, 0), coalesce(s.low, 0), coalesce(s.high, 0))
FROM assignment a
LEFT JOIN (SELECT contest_id, assignment_id, count(*) AS sent, count(DISTINCT attempt_no) AS numbers,
               min(attempt_no) AS low, max(attempt_no) AS high
           FROM submission WHERE $1 IS NULL OR contest_id = ANY ($1) GROUP BY contest_id, assignment_id) s
    ON s.contest_id = a.contest_id AND s.assignment_id = a.id
WHERE ($1 IS NULL OR a.contest_id = ANY ($1))
  AND (a.attempts <> coalesce(s.sent, 0) OR (s.low, s.high, s.numbers) <> (1, s.sent, s.sent))

-- S3: a judged submission has one current judgement, any other none.
UNION ALL
SELECT 'S3', s.contest_id, format('submission %s', s.id),
    format('is %s and has %s current judgements', s.state, coalesce(j.current, 0))
FROM submission s
LEFT JOIN (SELECT contest_id, submission_id, count(*) AS current
           FROM judgement WHERE current AND ($1 IS NULL OR contest_id = ANY ($1)) GROUP BY contest_id, submission_id) j
    ON j.contest_id = s.contest_id AND j.submission_id = s.id
WHERE ($1 IS NULL OR s.contest_id = ANY ($1))
  AND coalesce(j.current, 0) <> CASE s.state WHEN 'judged' THEN 1 ELSE 0 END

-- S3: an assignment is solved exactly when a right answer to it is current.
UNION ALL
SELECT 'S3', a.contest_id, format('assignment %s', a.id),
    format('is %s and has %s right answers', a.state, coalesce(s.answers, 0))
FROM assignment a
LEFT JOIN (SELECT s.contest_id, s.assignment_id, count(*) AS answers
           FROM submission s
           JOIN judgement j ON j.contest_id = s.contest_id AND j.submission_id = s.id
           WHERE j.current AND j.correct AND ($1 IS NULL OR s.contest_id = ANY ($1))
           GROUP BY s.contest_id, s.assignment_id) s
    ON s.contest_id = a.contest_id AND s.assignment_id = a.id
WHERE ($1 IS NULL OR a.contest_id = ANY ($1)) AND (a.state = 'solved') <> (s.answers IS NOT NULL)

-- S4: what a team was paid for answers is what its current judgements say, entry by entry.
UNION ALL
SELECT 'S4', coalesce(j.contest_id, l.contest_id), format('judgement %s', coalesce(j.id, l.ref)),
    CASE WHEN j.id IS NULL THEN format('not right and current, but entry %s of team %s pays %s', l.seq, l.team_id, l.amount)
         WHEN l.seq IS NULL THEN format('earned team %s %s, but no entry pays it', j.team_id, j.points)
         ELSE format('earned team %s %s, entry %s pays team %s %s', j.team_id, j.points, l.seq, l.team_id, l.amount) END
FROM (SELECT * FROM judgement WHERE current AND correct AND ($1 IS NULL OR contest_id = ANY ($1))) j
FULL JOIN (SELECT * FROM live_entry WHERE kind = 'award') l
    ON l.contest_id = j.contest_id AND l.ref = j.id
WHERE j.id IS NULL OR l.seq IS NULL OR (l.team_id, l.amount) <> (j.team_id, j.points)

-- S4: a team answers a question rightly once, for the points that its assignment promised.
UNION ALL
SELECT 'S4', contest_id, format('team %s, question %s', team_id, question_id),
    format('has %s right answers', count(*))
FROM judgement
WHERE current AND correct AND ($1 IS NULL OR contest_id = ANY ($1))
GROUP BY contest_id, team_id, question_id
HAVING count(*) > 1
UNION ALL
SELECT 'S4', j.contest_id, format('judgement %s', j.id), format('earned %s of %s points', j.points, a.points)
FROM judgement j
JOIN submission s ON s.contest_id = j.contest_id AND s.id = j.submission_id
JOIN assignment a ON a.contest_id = s.contest_id AND a.id = s.assignment_id
WHERE ($1 IS NULL OR j.contest_id = ANY ($1)) AND j.current AND j.correct AND j.points <> a.points

-- S4: each live penalty is for a wrong answer that is current, and no more than the contest asks.
UNION ALL
SELECT 'S4', l.contest_id, format('team %s, entry %s', l.team_id, l.seq),
    CASE WHEN j.id IS NULL THEN format('a penalty, but judgement %s is not wrong and current', l.ref)
         ELSE format('a penalty of %s, at most %s', -l.amount, c.wrong_penalty) END
FROM live_entry l
JOIN contest c ON c.id = l.contest_id
LEFT JOIN judgement j ON j.contest_id = l.contest_id AND j.id = l.ref AND j.team_id = l.team_id
    AND j.current AND NOT j.correct
WHERE l.kind = 'penalty' AND (j.id IS NULL OR l.amount NOT BETWEEN -c.wrong_penalty AND -1)

-- S5: for each shared question that was answered, the earliest right answer is the first, and
-- exclusive questions have none.
UNION ALL
SELECT 'S5', coalesce(f.contest_id, e.contest_id), format('question %s', coalesce(f.question_id, e.question_id)),
    CASE WHEN f.submission_id IS NULL THEN format('nobody is the first, it should be submission %s', e.submission_id)
         WHEN e.submission_id IS NULL THEN format('submission %s is the first, it should be none', f.submission_id)
         ELSE format('submission %s of team %s at %s is the first, it should be %s of team %s at %s', f.submission_id,
             f.team_id, f.received_at, e.submission_id, e.team_id, e.received_at) END
FROM (SELECT * FROM first_correct WHERE current AND ($1 IS NULL OR contest_id = ANY ($1))) f
FULL JOIN (SELECT DISTINCT ON (j.contest_id, j.question_id) j.contest_id, j.question_id,
               s.id AS submission_id, s.team_id, s.received_at
           FROM judgement j
           JOIN submission s ON s.contest_id = j.contest_id AND s.id = j.submission_id
           JOIN contest_question q ON q.contest_id = j.contest_id AND q.question_id = j.question_id
           WHERE j.current AND j.correct AND NOT q.exclusive AND ($1 IS NULL OR j.contest_id = ANY ($1))
           ORDER BY j.contest_id, j.question_id, s.received_at, s.id) e
    ON e.contest_id = f.contest_id AND e.question_id = f.question_id
WHERE f.submission_id IS NULL OR e.submission_id IS NULL
   OR (f.submission_id, f.team_id, f.received_at) <> (e.submission_id, e.team_id, e.received_at)

-- S5: whoever is first, and nobody else, has the bonus.
UNION ALL
SELECT 'S5', coalesce(f.contest_id, l.contest_id), format('submission %s', coalesce(f.submission_id, l.ref)),
    CASE WHEN f.submission_id IS NULL THEN format('not the first, but entry %s of team %s is its bonus', l.seq, l.team_id)
         WHEN l.seq IS NULL THEN format('the first, but team %s has no bonus', f.team_id)
         ELSE format('the first: entry %s of team %s should pay %s; entry %s of team %s pays %s',
             f.ledger_seq, f.team_id, f.first_correct_bonus, l.seq, l.team_id, l.amount) END
FROM (SELECT f.*, c.first_correct_bonus FROM first_correct f JOIN contest c ON c.id = f.contest_id
      WHERE f.current AND ($1 IS NULL OR f.contest_id = ANY ($1))) f
FULL JOIN (SELECT * FROM live_entry WHERE kind = 'first_correct') l
    ON l.contest_id = f.contest_id AND l.ref = f.submission_id
WHERE f.submission_id IS NULL OR l.seq IS NULL
   OR (l.team_id, l.seq, l.amount) <> (f.team_id, f.ledger_seq, f.first_correct_bonus)

-- S6: every answer was received between the start and the team's own end.
UNION ALL
SELECT 'S6', s.contest_id, format('submission %s', s.id),
    format('received at %s; play began at %s, the team''s end was planned for %s, all ended at %s', s.received_at,
        coalesce(c.starts_at::text, 'no time'), coalesce(team_end::text, 'no time'),
        coalesce(c.ended_at::text, 'no time'))
FROM submission s
JOIN contest c ON c.id = s.contest_id
JOIN team t ON t.contest_id = s.contest_id AND t.id = s.team_id
CROSS JOIN LATERAL (SELECT c.starts_at
    + (c.duration_ms + c.paused_ms + t.extra_time_ms) * interval '1 millisecond') own (team_end)
WHERE ($1 IS NULL OR s.contest_id = ANY ($1))
  AND (c.starts_at IS NULL OR s.received_at < c.starts_at OR s.received_at >= least(team_end, c.ended_at))

-- S6: none was received inside a pause.
UNION ALL
SELECT 'S6', s.contest_id, format('submission %s', s.id),
    format('received at %s, inside the pause from %s to %s',
        s.received_at, p.started_at, coalesce(p.ended_at::text, 'now'))
FROM contest_pause p
JOIN submission s ON s.contest_id = p.contest_id AND s.received_at >= p.started_at
    AND (p.ended_at IS NULL OR s.received_at < p.ended_at)
WHERE $1 IS NULL OR s.contest_id = ANY ($1)

-- S6: the clock has stood still for as long as the pauses lasted.
UNION ALL
SELECT 'S6', c.id, 'clock', format('stood still for %s ms, the pauses lasted %s ms', c.paused_ms, coalesce(p.length_ms, 0))
FROM contest c
LEFT JOIN (SELECT contest_id, sum(floor(extract(epoch FROM ended_at - started_at) * 1000)) AS length_ms
           FROM contest_pause GROUP BY contest_id) p
    ON p.contest_id = c.id
WHERE ($1 IS NULL OR c.id = ANY ($1)) AND c.paused_ms <> coalesce(p.length_ms, 0)

-- T1: no two teams have one name, or names that look alike.
UNION ALL
SELECT 'T1', contest_id, format('name %s', name_key), format('is that of %s teams', count(*))
FROM team
WHERE ($1 IS NULL OR contest_id = ANY ($1)) AND state <> 'deleted'
GROUP BY contest_id, name_key
HAVING count(*) > 1
UNION ALL
SELECT 'T1', contest_id, format('name that looks like %s', name_skeleton), format('is that of %s teams', count(*))
FROM team
WHERE ($1 IS NULL OR contest_id = ANY ($1)) AND state <> 'deleted'
GROUP BY contest_id, name_skeleton
HAVING count(*) > 1

-- T1: a team counts its members, has no more than it may, and one captain; a deleted one has nobody.
UNION ALL
SELECT 'T1', t.contest_id, format('team %s', t.id),
    format('%s, counts %s members of at most %s; there are %s, %s of them captains',
        t.state, t.members, t.max_members, coalesce(m.people, 0), coalesce(m.captains, 0))
FROM team t
LEFT JOIN (SELECT contest_id, team_id, count(*) AS people, count(*) FILTER (WHERE captain) AS captains
           FROM member WHERE $1 IS NULL OR contest_id = ANY ($1) GROUP BY contest_id, team_id) m
    ON m.contest_id = t.contest_id AND m.team_id = t.id
WHERE ($1 IS NULL OR t.contest_id = ANY ($1))
  AND (t.members <> coalesce(m.people, 0) OR t.members > t.max_members
       OR coalesce(m.captains, 0) <> CASE t.state WHEN 'deleted' THEN 0 ELSE 1 END
       OR (t.state = 'deleted' AND t.members <> 0))

-- E1: events are numbered 1..n, and each hash is over the hash before and the event.
UNION ALL
SELECT 'E1', contest_id, format('event %s', seq),
    CASE WHEN seq <> previous_seq + 1 THEN format('follows event %s', previous_seq)
         ELSE 'does not have the hash that follows from the event before' END
FROM (SELECT c.id, coalesce(v.seq, 0) AS seq, v.hash FROM contest c
      LEFT JOIN verified_log v ON $3::bigint IS NOT NULL AND v.contest_id = c.id
      WHERE $1 IS NULL OR c.id = ANY ($1)) verified (contest, from_seq, from_hash)
CROSS JOIN LATERAL (
    SELECT *, coalesce(lag(seq) OVER (ORDER BY seq), from_seq) AS previous_seq,
        coalesce(lag(hash) OVER (ORDER BY seq), from_hash) AS previous_hash
    FROM (SELECT * FROM contest_event WHERE contest_id = verified.contest AND seq > from_seq
          ORDER BY seq LIMIT $3) slice) event
WHERE seq <> previous_seq + 1
   OR hash <> link_hash(previous_hash, event_text(contest_id, seq, kind, audience, team_id, payload, at, embargo))

-- P1: wrong answers and the time of the last gain are what the current judgements say. (That
-- the points are what the ledger says is L1.)
UNION ALL
SELECT 'P1', t.contest_id, format('team %s', t.id),
    format('%s wrong answers, last gain at %s ms; the judgements say %s, at %s ms', t.wrong,
        coalesce(t.last_gain_ms::text, 'no'), coalesce(j.wrong, 0), coalesce(j.last_gain_ms::text, 'no'))
FROM team t
LEFT JOIN (SELECT contest_id, team_id, count(*) FILTER (WHERE NOT correct) AS wrong,
               max(contest_time_ms) FILTER (WHERE points > 0) AS last_gain_ms
           FROM judgement WHERE current AND ($1 IS NULL OR contest_id = ANY ($1)) GROUP BY contest_id, team_id) j
    ON j.contest_id = t.contest_id AND j.team_id = t.id
WHERE ($1 IS NULL OR t.contest_id = ANY ($1))
  AND (t.wrong <> coalesce(j.wrong, 0) OR t.last_gain_ms IS DISTINCT FROM j.last_gain_ms)

-- P1: the newest standing that was told of a team, which is what every board shows, is how it
-- stands. Where something still waits for its number, it is on its way and nothing is said. Who
-- has left is told so without a standing, so that only the numbers of active teams must agree.
UNION ALL
SELECT 'P1', t.contest_id, format('team %s', t.id),
    CASE WHEN e.seq IS NULL THEN 'no event tells its standing'
         ELSE format('has standing %s; event %s tells %s', t.standing_no, e.seq, e.payload) END
FROM team t
LEFT JOIN (SELECT contest_id, team_id, max(ARRAY[(payload ->> 'standing_no')::bigint, seq]) AS newest
           FROM contest_event
           WHERE payload ? 'standing_no' AND ($1 IS NULL OR contest_id = ANY ($1))
           GROUP BY contest_id, team_id) told
    ON told.contest_id = t.contest_id AND told.team_id = t.id
LEFT JOIN contest_event e ON e.contest_id = told.contest_id AND e.seq = told.newest[2]
WHERE ($1 IS NULL OR t.contest_id = ANY ($1)) AND t.state <> 'deleted'
  AND NOT EXISTS (SELECT FROM outbox o WHERE o.contest_id = t.contest_id)
  AND (e.seq IS NULL
       OR (t.state = 'active' AND told.newest[1] <> t.standing_no)
       OR e.payload ->> 'division' IS DISTINCT FROM t.division
       OR e.payload @> jsonb_build_object('team_id', t.id, 'team', t.name, 'points', t.points,
              'last_gain_ms', t.last_gain_ms, 'wrong', t.wrong) IS NOT TRUE)

-- P1: a board that has been frozen has every team's standing of then, and no other board has any.
UNION ALL
SELECT 'P1', t.contest_id, format('team %s', t.id),
    format('has %s frozen standing, though the board is %s', CASE WHEN f.team_id IS NULL THEN 'no' ELSE 'a' END, c.board)
FROM team t
JOIN contest c ON c.id = t.contest_id
LEFT JOIN frozen_standing f ON f.contest_id = t.contest_id AND f.team_id = t.id
WHERE ($1 IS NULL OR t.contest_id = ANY ($1)) AND t.state <> 'deleted' AND (f.team_id IS NULL) <> (c.board = 'live')

-- P1: the frozen points are what the ledger said by then.
UNION ALL
SELECT 'P1', f.contest_id, format('team %s, frozen', f.team_id),
    format('has %s points of %s entries; these say %s, and there are %s', f.points, f.ledger_seq,
        coalesce(l.points, 0), coalesce(l.entries, 0))
FROM frozen_standing f
LEFT JOIN (SELECT l.contest_id, l.team_id, sum(l.amount) AS points, count(*) AS entries
           FROM ledger_entry l
           JOIN frozen_standing f ON f.contest_id = l.contest_id AND f.team_id = l.team_id AND l.seq <= f.ledger_seq
           WHERE $1 IS NULL OR l.contest_id = ANY ($1)
           GROUP BY l.contest_id, l.team_id) l
    ON l.contest_id = f.contest_id AND l.team_id = f.team_id
WHERE ($1 IS NULL OR f.contest_id = ANY ($1))
  AND (f.points, f.ledger_seq) <> (coalesce(l.points, 0), coalesce(l.entries, 0))

-- P1: the frozen board is the board at the pointer: the newest standing of each team that the
-- public was told before the thaw.
UNION ALL
SELECT 'P1', f.contest_id, format('team %s, frozen', f.team_id),
    CASE WHEN e.seq IS NULL THEN 'no event tells its standing'
         ELSE format('has %s points, last gain at %s ms, %s wrong; event %s tells %s', f.points,
             coalesce(f.last_gain_ms::text, 'no'), f.wrong, e.seq, e.payload) END
FROM frozen_standing f
LEFT JOIN (SELECT e.contest_id, e.team_id, max(ARRAY[(e.payload ->> 'standing_no')::bigint, e.seq]) AS newest
           FROM contest_event e
           LEFT JOIN contest_event thaw ON thaw.contest_id = e.contest_id AND thaw.kind = 'board_thawed'
           WHERE e.payload ? 'standing_no' AND e.embargo IS NULL AND (thaw.seq IS NULL OR e.seq < thaw.seq)
             AND ($1 IS NULL OR e.contest_id = ANY ($1))
           GROUP BY e.contest_id, e.team_id) told
    ON told.contest_id = f.contest_id AND told.team_id = f.team_id
LEFT JOIN contest_event e ON e.contest_id = told.contest_id AND e.seq = told.newest[2]
WHERE ($1 IS NULL OR f.contest_id = ANY ($1))
  AND NOT EXISTS (SELECT FROM outbox o WHERE o.contest_id = f.contest_id)
  AND (e.seq IS NULL OR e.payload @> jsonb_build_object('points', f.points,
           'last_gain_ms', f.last_gain_ms, 'wrong', f.wrong) IS NOT TRUE)

-- P2: between freeze and thaw everything is marked that is not for all, and every result;
-- outside of it nothing is. A mark is the number of the event before it that everybody knows.
UNION ALL
SELECT 'P2', contest_id, format('event %s', seq),
    format('%s for %s, %s the freeze, is marked %s; it should be %s', kind, audience,
        CASE WHEN frozen THEN 'in' ELSE 'outside of' END, coalesce(embargo::text, 'not at all'),
        CASE WHEN frozen THEN coalesce(known::text, '0') ELSE 'not at all' END)
FROM (SELECT e.*,
          max(e.seq) FILTER (WHERE e.embargo IS NULL) OVER (PARTITION BY e.contest_id ORDER BY e.seq) AS known,
          froze.seq IS NOT NULL AND e.seq > froze.seq AND (thaw.seq IS NULL OR e.seq < thaw.seq) AS frozen
      FROM contest_event e
      LEFT JOIN contest_event froze ON froze.contest_id = e.contest_id AND froze.kind = 'board_frozen'
      LEFT JOIN contest_event thaw ON thaw.contest_id = e.contest_id AND thaw.kind = 'board_thawed'
      WHERE $1 IS NULL OR e.contest_id = ANY ($1)) event
WHERE CASE WHEN frozen THEN embargo <> known
          OR (embargo IS NULL AND (audience NOT IN ('public', 'players') OR kind IN ('score_changed', 'first_correct')))
      ELSE embargo IS NOT NULL END

-- P2: the board is what the log says of it.
UNION ALL
SELECT 'P2', c.id, 'board', format('is %s; the log says of it: %s', c.board, coalesce(said.kinds, 'nothing'))
FROM contest c
LEFT JOIN (SELECT contest_id, string_agg(kind, ', ' ORDER BY seq) AS kinds
           FROM contest_event WHERE kind IN ('board_frozen', 'board_thawed') GROUP BY contest_id) said
    ON said.contest_id = c.id
WHERE ($1 IS NULL OR c.id = ANY ($1))
  AND NOT EXISTS (SELECT FROM outbox o WHERE o.contest_id = c.id)
  AND coalesce(said.kinds, '') <> CASE c.board
      WHEN 'live' THEN '' WHEN 'frozen' THEN 'board_frozen' ELSE 'board_frozen, board_thawed' END
