DROP INDEX ledger_entry_at;
DROP TABLE credited_contest;
DROP TABLE contest_score;
ALTER TABLE game DROP COLUMN time_zone;
ALTER TABLE contest
    DROP CONSTRAINT contest_demo_in_no_game,
    DROP CONSTRAINT scores_self_reported,
    DROP COLUMN takes_reports,
    DROP COLUMN game_id,
    DROP COLUMN time_zone;
