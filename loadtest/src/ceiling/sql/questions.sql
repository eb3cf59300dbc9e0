-- $count free questions more, the first of them number $base + 1.
BEGIN;
CREATE TEMP TABLE made ON COMMIT DROP AS
    SELECT ('01890001-0000-7000-8000-' || lpad(to_hex($base::bigint + n), 12, '0'))::uuid AS id, n
    FROM generate_series(1, $count) n;
INSERT INTO question (id) SELECT id FROM made;
INSERT INTO question_version (question_id, version, kind, text, options)
    SELECT id, 1, 'single_choice', 'Which of these rivers is the longest, in the opinion of question ' || n || '?',
        '["Danube", "Rhine", "Rhone", "Elbe"]' FROM made;
INSERT INTO answer_key (question_id, version, key) SELECT id, 1, '0' FROM made;
INSERT INTO contest_question (contest_id, question_id, version, difficulty, category, points, pool)
    SELECT '$contest', id, 1, CASE '$pool' WHEN 'mystery' THEN 'HARD' ELSE (ARRAY['EASY', 'MEDIUM', 'HARD'])[n % 3 + 1] END,
        'Category ' || n % 4, 100, '$pool' FROM made;
INSERT INTO free_question (contest_id, question_id, pool, difficulty, category)
    SELECT contest_id, question_id, pool, difficulty, category
    FROM contest_question JOIN made ON question_id = id WHERE contest_id = '$contest';
COMMIT;
