-- loses rows
-- Locks and drops the tables that up created, with all their rows.

DROP TABLE waitpoint;
