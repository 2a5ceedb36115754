-- loses rows
-- Drops the list of backups, not the backups.

DROP TABLE backup;
