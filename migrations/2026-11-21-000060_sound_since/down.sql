ALTER TABLE last_check DROP COLUMN sound_since;
