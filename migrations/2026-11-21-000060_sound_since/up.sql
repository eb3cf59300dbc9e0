ALTER TABLE last_check ADD COLUMN sound_since timestamptz;
COMMENT ON COLUMN last_check.sound_since IS 'The first of the checks in an unbroken row that found nothing; null while something is broken.';
