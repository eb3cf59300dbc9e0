-- $count teams, numbered from $base, each with a captain whose token is known here.
BEGIN;
CREATE TEMP TABLE made ON COMMIT DROP AS
    SELECT ('01890000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id, 'Hall team ' || n AS name, n
    FROM generate_series($base::bigint, $base::bigint + $count - 1) n;
INSERT INTO team (contest_id, id, name, name_key, name_skeleton, email, join_code, members, max_members, points,
                  credit_limit, created_at)
    SELECT '$contest', id, name, lower(name), lower(name), 'hall@example.org',
        translate(upper(lpad(to_hex(4294967295 - n), 8, '0')), '01', 'XY'), 1, 5, $points, 0, now()
    FROM made;
INSERT INTO member (contest_id, team_id, id, name, captain, token_hash)
    SELECT '$contest', id, id, name, true, sha256(convert_to('$token' || n, 'UTF8')) FROM made;
INSERT INTO ledger_entry (contest_id, team_id, seq, kind, ref, amount, balance_after, at)
    SELECT '$contest', id, 1, 'opening', id, $points, $points, now() FROM made;
INSERT INTO outbox (contest_id, kind, audience, team_id, payload, at)
    SELECT '$contest', 'team_registered', 'public', id, jsonb_build_object('team_id', id, 'team', name,
        'points', $points, 'last_gain_ms', NULL, 'wrong', 0, 'standing_no', 1, 'reason', 'opening'), now()
    FROM made ORDER BY n;
COMMIT;
