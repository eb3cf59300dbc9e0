DROP TABLE box_opening;
DROP TABLE mystery_box;
