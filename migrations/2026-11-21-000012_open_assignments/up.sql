-- Without the contest in front. A contest that has just begun has no statistics yet, and to the planner
-- every index that begins with the contest then looks as good as the one by team: it took this one to
-- count a team's open questions and read those of all teams.
DROP INDEX assignment_open;
CREATE INDEX assignment_due ON assignment (expires_at) WHERE state IN ('assigned', 'revealed');
