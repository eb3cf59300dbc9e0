\set n :n + 1
\set k :base + :n * 64 + :client_id
BEGIN;
INSERT INTO team (contest_id, id, name, name_key, name_skeleton, email, join_code, members, max_members, points, credit_limit, created_at) VALUES ('$contest', $registered, 'Team ' || :k::bigint, 'team ' || :k::bigint, 'team ' || :k::bigint, 'team@example.org', translate(upper(lpad(to_hex(:k::bigint), 8, '0')), '01', 'XY'), 2, 5, 1000000, 0, now());
INSERT INTO member (contest_id, team_id, id, name, captain, token_hash) VALUES ('$contest', $registered, $captain, 'Ada', true, sha256(convert_to(:k::bigint::text, 'UTF8'))), ('$contest', $registered, $second, 'Grace', false, NULL);
COMMIT;
