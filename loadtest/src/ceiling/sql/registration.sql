\set n :n + 1
\set k :base + :n * 64 + :client_id
BEGIN;
INSERT INTO team (contest_id, id, name, name_key, name_skeleton, email, join_code, members, max_members, points, credit_limit, created_at) VALUES ('$contest', $registered, 'Team ' || :k::bigint, 'team ' || :k::bigint, 'team ' || :k::bigint, 'team@example.org', translate(upper(lpad(to_hex(:k::bigint), 8, '0')), '01', 'XY'), 2, 5, 1000000, 0, now());
INSERT INTO ledger_entry (contest_id, team_id, seq, kind, ref, amount, balance_after, at) VALUES ('$contest', $registered, 1, 'opening', $registered, 1000000, 1000000, now());
COMMIT;
