ALTER TABLE team DROP COLUMN division;
DROP TABLE division;
